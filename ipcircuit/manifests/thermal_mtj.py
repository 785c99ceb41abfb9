"""The thermal MTJ neurons: junctions whose firing midpoint follows their own Joule heat, and networks of them."""

from ipcircuit.families import Entry, Family, Paper

FAMILY = Family(
    name="thermal_mtj",
    summary="stochastic MTJ neurons that remember by their own heat",
    devices=(
        Entry(
            "mtj_thermal",
            "magnetic tunnel junction whose firing midpoint follows its own Joule heat",
            "ipcircuit.devices.thermal_mtj.device:declare",
        ),
        Entry(
            "mtj_reference",
            "magnetic tunnel junction held in the P state, the reference of a divider",
            "ipcircuit.devices.thermal_mtj.reference:declare",
        ),
    ),
    circuits=(
        Entry(
            "comparator",
            "thermal MTJ in a divider, read by a two-inverter comparator",
            "circuits.thermal_mtj.testbench:comparator_testbench",
        ),
        Entry(
            "differential",
            "two thermal MTJ pairs with ternary output: 6 inverters, 2 AND gates",
            "circuits.thermal_mtj.testbench:differential_testbench",
        ),
    ),
    tasks=(
        Entry("nback", "does an item match the one n steps earlier?", "network.tasks.nback:NBack"),
        Entry("recall", "free recall: which 15 of 50 items were shown?", "network.tasks.recall:FreeRecall"),
        Entry(
            "interference",
            "name an item despite another one before or after it, with or without a cue",
            "network.tasks.interference:Interference",
        ),
    ),
    models=(
        Entry("ipnet", "thermally plastic MTJ neurons at the input layer", "network.models.memory:IPNET"),
        Entry("ablated", "the same network, heat without effect on the midpoint", "network.models.memory:ABLATED"),
        Entry("lstm", "one LSTM layer of the same number of hidden units", "network.models.memory:LSTM"),
        Entry("lif", "leaky integrate-and-fire neurons at the input layer", "network.models.memory:LIF"),
    ),
    experiments=(
        Entry(
            "memory",
            "working memory: n-back, interference, free and cued recall, on every network",
            "ipcircuit.cli.study.memory:command",
        ),
        Entry(
            "capacity",
            "what that memory depends on: decay, pulse period, N, slope, spread",
            "ipcircuit.cli.study.capacity:command",
        ),
    ),
    papers=(
        Paper(
            "liu2025",
            "Liu et al., Emergent human-like working memory from artificial neurons with intrinsic plasticity",
            "reports.thermal_mtj:liu2025.toml",
            1,
        ),
    ),
    sections=(
        Entry("thermal_mtj", "device, circuits, energy and comparison", "reports.thermal_mtj.section:SECTION"),
        Entry("memory", "networks on working-memory tasks", "reports.memory.section:SECTION"),
    ),
)
