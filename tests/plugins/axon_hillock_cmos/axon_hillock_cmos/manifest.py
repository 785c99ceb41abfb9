"""Manifest: what the family consists of, as text. Nothing here is imported before it is used."""

from ipcircuit.families import Entry, Family, Paper

FAMILY = Family(
    name="axon_hillock_cmos",
    summary="axon-hillock neuron of two inverters and two capacitors, without an emerging device",
    circuits=(
        Entry(
            "axon_hillock_cmos",
            "axon-hillock neuron in plain CMOS, driven by a constant current",
            "axon_hillock_cmos.testbench:TESTBENCH",
        ),
    ),
    models=(Entry("axon_hillock", "one hidden layer of axon-hillock neurons", "axon_hillock_cmos.model:MODEL"),),
    papers=(
        Paper(
            "indiveri2011",
            "Indiveri et al., Neuromorphic silicon neuron circuits, Front. Neurosci. 5:73 (2011), on the axon-hillock"
            " circuit of Mead, Analog VLSI and Neural Systems (1989)",
            "axon_hillock_cmos:indiveri2011.toml",
            4,
        ),
    ),
    sections=(Entry("axon_hillock_cmos", "spikes, rate and width", "axon_hillock_cmos.section:SECTION"),),
)
