"""Integrate-and-fire neurons with an ECRAM synapse, in three topologies, and temporal filters made of such synapses."""

from ipcircuit.families import Entry, Family, Paper

FAMILY = Family(
    name="ecram_lif",
    summary="leaky integrate-and-fire neurons with a short-term plastic ECRAM synapse",
    devices=(
        Entry(
            "ecram",
            "electrochemical RAM: a channel resistance with a non-volatile weight and a volatile, relaxing part",
            "ipcircuit.devices.ecram.device:declare",
        ),
    ),
    circuits=(
        Entry(
            "delay_feedback_lif",
            "leaky integrate-and-fire neuron with an ECRAM synapse and a delayed feedback that makes the spike",
            "circuits.ecram_lif.delay_feedback_testbench:delay_feedback_lif_testbench",
        ),
        Entry(
            "delay_feedback_lif_ecram",
            "the same neuron with a second ECRAM in its delay path",
            "circuits.ecram_lif.delay_feedback_testbench:delay_feedback_lif_ecram_testbench",
        ),
        Entry(
            "axon_hillock_lif",
            "axon-hillock neuron with an ECRAM synapse: a capacitor from output to membrane makes the spike",
            "circuits.ecram_lif.topology_testbench:axon_hillock_lif_testbench",
        ),
        Entry(
            "differential_pair_lif",
            "leaky integrate-and-fire neuron with an ECRAM synapse and a differential pair as its threshold",
            "circuits.ecram_lif.topology_testbench:differential_pair_lif_testbench",
        ),
    ),
    experiments=(
        Entry(
            "filters",
            "ECRAM synapses as temporal filters: preferred rates, and a task that needs them",
            "ipcircuit.cli.study.filters:command",
        ),
    ),
    papers=(
        Paper(
            "currie2026",
            "Currie et al., Leveraging Non-Equilibrium ECRAM Dynamics for Short-Term Plasticity in Neuromorphic"
            " Circuits, arXiv 2605.11243",
            "reports.ecram_lif:currie2026.toml",
            3,
        ),
    ),
    sections=(
        Entry("ecram_lif", "device, plasticity, circuits and energy", "reports.ecram_lif.section:SECTION"),
        Entry("filters", "pairs of synapses as filters of input rate", "reports.filters.section:SECTION"),
    ),
)
