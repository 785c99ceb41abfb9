# ipcircuit with ngspice and everything that `ipcircuit report` needs: docs/howto/install.md says how to build and run it.
# Debian 12 has ngspice 39, with which the tests run.
FROM python:3.11-slim-bookworm

SHELL ["/bin/bash", "-o", "pipefail", "-c"]

# The distribution's versions are meant: bookworm's ngspice moves by security fixes only.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libngspice0 libseccomp2 ngspice \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY ipcircuit ipcircuit
COPY circuits circuits
COPY netlists netlists
COPY energy energy
COPY network network
COPY reports reports
# torch for CPUs: its other wheel brings 3 GB of CUDA along.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN python -m pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" --constraint constraints.txt . \
 && rm -rf /src \
 && ipcircuit --version

RUN useradd --create-home --uid 1000 user && install -d -o 1000 /cache /work
USER 1000
WORKDIR /work
ENV IPCIRCUIT_CACHE=/cache MPLBACKEND=Agg OMP_THREAD_LIMIT=1
VOLUME /cache
ENTRYPOINT ["ipcircuit"]
CMD ["--help"]
