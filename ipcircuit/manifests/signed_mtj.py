"""The signed neuron: a macrospin whose projection is a membrane potential of both signs, its circuit and networks."""

from ipcircuit.families import Entry, Family, Paper

FAMILY = Family(
    name="signed_mtj",
    summary="signed LIF neuron made of a magnetic tunnel junction with orthogonal easy axes",
    devices=(
        Entry(
            "mtj_orthogonal",
            "magnetic tunnel junction with orthogonal easy axes: a macrospin whose projection is a signed membrane",
            "ipcircuit.devices.orthogonal_mtj.device:declare",
        ),
    ),
    circuits=(
        Entry(
            "signed_mtj",
            "signed LIF neuron: MTJ with orthogonal easy axes in an H-bridge, read by a divider and two thresholds",
            "circuits.signed_mtj.testbench:signed_mtj_testbench",
        ),
    ),
    tasks=(
        Entry("digits", "8 × 8 handwritten digits, shown for six steps", "network.tasks.frames:Digits"),
        Entry("gestures", "synthetic gestures before an event camera", "network.tasks.frames:Gestures"),
    ),
    models=(
        Entry("signed_ideal", "signed neurons with linear membranes", "network.experiments.signed.models:IDEAL"),
        Entry("signed_device", "signed neurons of the junction itself", "network.experiments.signed.models:DEVICE"),
    ),
    experiments=(
        Entry(
            "window",
            "free layers that make a signed neuron: map over two sides and current, yield",
            "ipcircuit.cli.study.window:command",
        ),
        Entry(
            "signed",
            "ideal against device neurons in one network: accuracy, gap, sweeps over fit error and noise",
            "ipcircuit.cli.study.signed:command",
        ),
    ),
    papers=(
        Paper(
            "zheng2026",
            "Zheng, Liu and Yang, Signed Spiking Neuron Enabled by an Orthogonal-Easy-Axis Magnetic Tunnel Junction, "
            "arXiv 2606.03796",
            "reports.signed_mtj:zheng2026.toml",
            2,
        ),
    ),
    sections=(
        Entry("signed_mtj", "device, circuit and design window", "reports.signed_mtj.section:SECTION"),
        Entry("signed_network", "ideal against device neurons in a network", "reports.signed_network.section:SECTION"),
    ),
)
