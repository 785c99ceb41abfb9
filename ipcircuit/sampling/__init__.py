"""Random copies of a circuit (`sample`), and how a number of them fill the space of their deviates (`plans`)."""

from ipcircuit.sampling.sample import RecordingSample as RecordingSample
from ipcircuit.sampling.sample import Sample as Sample
