"""Containers and clusters, offline: the Dockerfile, and what is in deploy/ for Kubernetes, SkyPilot and Slurm."""

from __future__ import annotations

import copy
import json
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT

KUBERNETES = ROOT / "deploy/kubernetes"
BASE = KUBERNETES / "base"
OVERLAYS = {"eks": "EKS", "gke": "GKE", "aks": "AKS"}
RAY = KUBERNETES / "ray"
MANIFESTS = sorted(path for path in KUBERNETES.rglob("*.yaml"))
PASSED_OVER = {
    "CKV_K8S_35": "keys are environment variables: that is where the libraries of the models look for them",
    "CKV_K8S_43": "the image is named by a tag that is yours, not by a digest of ours",
    "CKV_K8S_14": "kustomize sets the tag (kustomization.yaml), which is not seen here",
    "CKV_K8S_22": "DVC, git and stages write into the project's folder, which is in the image",
    "CKV_K8S_8": "a job that runs to its end serves nobody: there is nothing to probe",
    "CKV_K8S_9": "likewise",
    "CKV_AWS_18": "access logs of a bucket cost more than the results in it; CloudTrail is the account's business",
    "CKV_AWS_149": "a KMS key costs a dollar a month, and is one more right of each who reads these secrets",
    "CKV_AWS_158": "likewise, of logs, which hold no prompts",
    "CKV_AWS_26": "likewise, of alarms, which hold a name and a number",
    "CKV_DOCKER_7": "its base is an argument, whose tag it does not see",
    "CKV_DOCKER_2": "a container that runs to its end serves nobody",
}
"""What checkov asks for and deploy/ does not do, with the reason."""
SPOT = {
    "eks": ("eks.amazonaws.com/capacityType", "SPOT"),
    "gke": ("cloud.google.com/gke-spot", "true"),
    "aks": ("kubernetes.azure.com/scalesetpriority", "spot"),
}


def tool(name: str) -> str:
    """Return a program that `make deploy-check` installs."""
    found = shutil.which(name, path=f"{ROOT / '.venv-deploy/bin'}:/usr/local/bin:/usr/bin")
    if found is None:
        pytest.skip(f"{name} is not here: `make deploy-check` installs it")
    return found


def read(path: Path) -> dict[str, Any]:
    (document,) = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    return document


def merged(base: Any, patch: Any) -> Any:
    """A strategic merge where no list is merged: what the overlays need."""
    if not isinstance(base, dict) or not isinstance(patch, dict):
        return copy.deepcopy(patch)
    return base | {key: merged(base.get(key), value) for key, value in patch.items()}


def built(overlay: str | None) -> dict[str, dict[str, Any]]:
    """The resources by file, with the patches of an overlay."""
    found = {name: read(BASE / name) for name in read(BASE / "kustomization.yaml")["resources"]}
    if overlay is None:
        return found
    folder = KUBERNETES / "overlays" / overlay
    kustomization = read(folder / "kustomization.yaml")
    assert (folder / kustomization["resources"][0]).resolve() == BASE
    for each in kustomization["patches"]:
        patch = read(folder / each["path"])
        (name,) = [
            name
            for name, resource in found.items()
            if (resource["kind"], resource["metadata"]["name"]) == (patch["kind"], patch["metadata"]["name"])
        ]
        found[name] = merged(found[name], patch)
    return found


def ray_pods() -> dict[str, dict[str, Any]]:
    """The pods of the Ray cluster, by what they do: whole pods, as neither tool knows KubeRay's own kinds."""
    spec = read(RAY / "rayjob.yaml")["spec"]
    cluster = spec["rayClusterSpec"]
    templates = {"submit": spec["submitterPodTemplate"], "head": cluster["headGroupSpec"]["template"]}
    templates |= {group["groupName"]: group["template"] for group in cluster["workerGroupSpecs"]}
    return {
        name: {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"ray-{name}", "namespace": "locomo", **template["metadata"]},
            "spec": template["spec"],
        }
        for name, template in templates.items()
    }


def pods(resources: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    job = resources["job.yaml"]["spec"]["template"]
    return [job, resources["cronjob.yaml"]["spec"]["jobTemplate"]["spec"]["template"]]


def test_every_manifest_is_in_a_kustomization() -> None:
    for path in MANIFESTS:
        if path.name != "kustomization.yaml":
            about = read(path.with_name("kustomization.yaml"))
            assert path.name in [*about["resources"], *(each["path"] for each in about.get("patches", []))]


@pytest.mark.parametrize("overlay", [None, *OVERLAYS])
def test_the_pods_are_those_of_a_careful_cluster(overlay: str | None) -> None:
    once, nightly = pods(built(overlay))
    assert once == nightly, "the nightly run is the run"
    spec, (container,) = once["spec"], once["spec"]["containers"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["runAsUser"] == 10001
    assert not spec["automountServiceAccountToken"]
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert set(container["resources"]["requests"]) == set(container["resources"]["limits"])
    assert container["envFrom"] == [{"secretRef": {"name": "locomo-keys", "optional": True}}]
    assert not any("KEY" in each["name"] for each in container["env"]), "keys stand in a secret alone"
    policy = built(overlay)["networkpolicy.yaml"]["spec"]
    assert policy["podSelector"]["matchLabels"].items() <= once["metadata"]["labels"].items()
    assert "ingress" not in policy
    assert policy["egress"][1]["to"][0]["ipBlock"]["except"] == ["169.254.169.254/32"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_runs_on_spot_machines_with_a_role(overlay: str) -> None:
    resources = built(overlay)
    key, value = SPOT[overlay]
    for pod in pods(resources):
        assert pod["spec"]["nodeSelector"] == {key: value}
        assert [each["effect"] for each in pod["spec"]["tolerations"]] == ["NoSchedule"]
        assert pod["spec"]["containers"], "the patch has left the container"
    assert resources["serviceaccount.yaml"]["metadata"]["annotations"]
    assert resources["claim.yaml"]["spec"]["storageClassName"]


@pytest.mark.parametrize("overlay", [None, *OVERLAYS])
def test_kubernetes_accepts_them(overlay: str | None, tmp_path: Path) -> None:
    validate = tool("kubernetes-validate")
    for name, resource in built(overlay).items():
        (tmp_path / name).write_text(yaml.safe_dump(resource), encoding="utf-8")
    done = subprocess.run([validate, "--strict", *tmp_path.iterdir()], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_kubernetes_accepts_the_pods_of_ray(tmp_path: Path) -> None:
    validate = tool("kubernetes-validate")
    for name, pod in ray_pods().items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(pod), encoding="utf-8")
    (tmp_path / "networkpolicy.yaml").write_text((RAY / "networkpolicy.yaml").read_text(), encoding="utf-8")
    done = subprocess.run([validate, "--strict", *tmp_path.iterdir()], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_ray_cluster_is_that_of_the_base_and_ends_with_the_run(tmp_path: Path) -> None:
    spec = read(RAY / "rayjob.yaml")["spec"]
    assert spec["shutdownAfterJobFinishes"]
    cluster = spec["rayClusterSpec"]
    assert f"ray=={cluster['rayVersion']}" in (ROOT / "requirements-dev.lock").read_text().splitlines()
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert f"'ray[client,default]=={cluster['rayVersion']}'" in dockerfile, "`ray job submit` needs the dashboard"
    assert "${RAY:+wget}" in dockerfile, "probes of older KubeRay"
    (group,) = cluster["workerGroupSpecs"]
    assert group["minReplicas"] == group["replicas"] == group["maxReplicas"]
    once = pods(built(None))[0]["spec"]
    policy = read(RAY / "networkpolicy.yaml")["spec"]["podSelector"]["matchLabels"]
    for pod in ray_pods().values():
        assert pod["spec"]["securityContext"] == once["securityContext"]
        (container,) = pod["spec"]["containers"]
        assert container["securityContext"] == once["containers"][0]["securityContext"]
        assert policy.items() <= pod["metadata"]["labels"].items()
    assert ray_pods()["gpu"]["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    deleted = [read(RAY / each["path"]) for each in read(RAY / "kustomization.yaml")["patches"]]
    assert [(each["kind"], each["$patch"]) for each in deleted] == [("Job", "delete"), ("CronJob", "delete")]
    # What the head runs: with a `dvc` that notes the parameters that it would run by.
    for name in ("kept", "params", "project"):
        (tmp_path / name).mkdir()
    script = spec["entrypoint"]
    for path in ("/project", "/params", "/kept"):
        script = script.replace(f"{path}", f"{tmp_path}{path}")
    shutil.copy(ROOT / "params.yaml", tmp_path / "project")
    for output in ("dvc.lock", "metrics", "reports", "logs"):
        (tmp_path / "project" / output).mkdir()
    (tmp_path / "dvc").write_text(
        f'#!/bin/sh\n[ "$1" = repro ] && cp params.yaml {tmp_path}/ran.yaml && exit 3\nexit 0\n'
    )
    (tmp_path / "dvc").chmod(0o755)
    done = subprocess.run(["sh", "-c", script], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=False)
    assert done.returncode == 3, "the run's own"
    assert yaml.safe_load((tmp_path / "ran.yaml").read_text())["llm"]["workers"] == "ray://127.0.0.1:10001"
    assert (tmp_path / "kept/metrics").is_dir()


def test_checkov_finds_nothing_that_has_no_reason(tmp_path: Path) -> None:
    """Of what kustomize would make: a patch alone lacks what its base has."""
    checkov = tool("checkov")
    for overlay in (None, *OVERLAYS):
        for name, resource in built(overlay).items():
            if resource["kind"] != "Namespace":
                resource["metadata"]["namespace"] = "locomo"
            (tmp_path / f"{overlay or 'base'}-{name}").write_text(yaml.safe_dump(resource), encoding="utf-8")
    for name, pod in ray_pods().items():
        (tmp_path / f"ray-{name}.yaml").write_text(yaml.safe_dump(pod), encoding="utf-8")
    policy = read(RAY / "networkpolicy.yaml")
    policy["metadata"]["namespace"] = "locomo"
    (tmp_path / "ray-networkpolicy.yaml").write_text(yaml.safe_dump(policy), encoding="utf-8")
    for folder in ("aws", "azure"):
        shutil.copytree(ROOT / "deploy" / folder, tmp_path / folder)
    shutil.copy(ROOT / "Dockerfile", tmp_path)
    command = [checkov, "--skip-download", "--quiet", "--compact", "--output", "json", "--directory", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    reports = json.loads(done.stdout)
    assert {report["check_type"] for report in reports} >= {"kubernetes", "cloudformation", "dockerfile"}
    failed = {
        (check["check_id"], check["check_name"], check["resource"])
        for report in reports
        for check in report["results"]["failed_checks"]
    }
    assert sorted(each for each in failed if each[0] not in PASSED_OVER) == []
    assert PASSED_OVER.keys() <= {each[0] for each in failed}, "a reason for what is not found any more"


def test_kubernetes_would_find_a_mistake(tmp_path: Path) -> None:
    broken = read(BASE / "job.yaml")
    broken["spec"]["template"]["spec"]["restartPolice"] = "Never"
    (tmp_path / "job.yaml").write_text(yaml.safe_dump(broken), encoding="utf-8")
    done = subprocess.run(
        [tool("kubernetes-validate"), "--strict", tmp_path / "job.yaml"], capture_output=True, check=False
    )
    assert done.returncode != 0


def test_hadolint_finds_nothing_and_would() -> None:
    lint = [tool("hadolint"), "-"]
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    done = subprocess.run(lint, input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    broken = text.replace(" --no-install-recommends", "")
    assert subprocess.run(lint, input=broken, capture_output=True, text=True, check=False).returncode != 0


def test_what_the_image_needs_is_not_ignored() -> None:
    """.dockerignore keeps out results and keys, and nothing that git tracks and a run reads."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    ignored = [line for line in lines if line and line[0] not in "#!"]
    kept = {line[1:] for line in lines if line.startswith("!")}
    assert {".git", ".env", ".venv*", "logs", "data/*"} <= set(ignored)
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for name in tracked:
        if name.startswith("data/") and name.endswith(".json"):
            assert name in kept, name
    copied = [line.split() for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("COPY")]
    sources = {each for words in copied for each in words[1:-1] if not each.startswith("--") and each != "."}
    assert all((ROOT / each).exists() for each in sources if not each.startswith("/"))


def test_the_image_is_no_ones_root_and_says_what_it_is() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert text.count("\nFROM ") == 2
    assert "\nUSER 10001:10001\n" in text
    # Beside the answers, runs that ask one model wait for each other: that folder has to be in the volume too.
    assert "LOCOMO_CACHE_DIR=/cache/" in text
    assert "\nVOLUME /cache\n" in text
    assert "requirements.lock" in text
    for label in ("title", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{label}=" in text


@pytest.mark.parametrize("path", sorted((ROOT / "deploy/skypilot").glob("*.yaml")), ids=lambda path: path.stem)
def test_tasks_of_skypilot(path: Path) -> None:
    task = read(path)
    assert {"name", "resources", "setup", "run"} <= set(task)
    for part in ("setup", "run"):
        checked = subprocess.run(["bash", "-n"], input=task[part], capture_output=True, text=True, check=False)
        assert checked.stderr == ""
    if path.stem == "local-models":
        assert task["resources"]["use_spot"]
        assert task["file_mounts"][task["envs"]["LOCOMO_CACHE_DIR"]]["mode"] == "MOUNT_CACHED"
        assert not any(task["secrets"].values()), "no secret stands in a file"
    else:
        assert task["resources"]["autostop"] == {"idle_minutes": 30, "down": True}


@pytest.mark.parametrize("path", sorted((ROOT / "deploy/skypilot").glob("*.yaml")), ids=lambda path: path.stem)
def test_skypilot_reads_them(path: Path, tmp_path: Path) -> None:
    """Its own loader, which knows its fields; 850 MB, which `make deploy-check SKYPILOT=yes` installs."""
    python = Path(tool("sky")).resolve().with_name("python")
    script = "import sys, sky; print(sky.Task.from_yaml(sys.argv[1]).name)"
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([python, "-c", script, path], capture_output=True, text=True, check=False, env=env)
    assert (done.returncode, done.stdout.strip()) == (0, read(path)["name"]), done.stderr


def test_the_batch_script_of_slurm_passes_parameters_on(tmp_path: Path) -> None:
    """Slurm's own part are comments; the rest is run with a `dvc` that says what it was asked for."""
    script = ROOT / "deploy/slurm/locomo.sbatch"
    wanted = {"--requeue", "--cpus-per-task=4", "--job-name=locomo"}
    options = {line.removeprefix("#SBATCH ") for line in script.read_text().splitlines() if line.startswith("#SBATCH ")}
    assert wanted <= options
    stand_in = tmp_path / ".venv/bin/dvc"
    stand_in.parent.mkdir(parents=True)
    stand_in.write_text('#!/bin/bash\nprintf "%s\\n" "$@"\n')
    stand_in.chmod(0o755)

    def asked(*parameters: str) -> list[str]:
        done = subprocess.run(
            ["bash", script, *parameters],
            capture_output=True,
            text=True,
            check=True,
            env={"SLURM_SUBMIT_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        )
        return shlex.split(done.stdout)

    assert asked() == ["repro"]
    assert asked("model=mock/words", "rag.k=[5,10]") == [
        *("exp", "run", "--set-param", "model=mock/words", "--set-param", "rag.k=[5,10]"),
    ]
