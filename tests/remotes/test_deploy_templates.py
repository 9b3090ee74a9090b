"""deploy/: the AWS template is valid, deploys, and takes the results of a run; other clouds have the same rules."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from conftest import ROOT, Project
from s3_servers import KEYS, client, moto

TEMPLATE = ROOT / "deploy/aws/storage.yaml"
ALARMS = ROOT / "deploy/aws/alarms.yaml"
SNAPSHOTS = ROOT / "deploy/aws/snapshots.yaml"
REPLICA = ROOT / "deploy/aws/replica.yaml"
DAYS_TO_COOL, DAYS_TO_COLD = 30, 90


def resources(template: Path = TEMPLATE) -> dict[str, Any]:
    class Loader(yaml.SafeLoader):
        """Functions such as !Sub are left as their arguments."""

    def argument(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return loader.construct_scalar(node)
        build = loader.construct_mapping if isinstance(node, yaml.MappingNode) else loader.construct_sequence
        return build(node, deep=True)  # type: ignore[arg-type]

    Loader.add_multi_constructor("!", argument)
    return yaml.load(template.read_text(), Loader)["Resources"]  # noqa: S506  (a safe loader)


def test_cfn_lint_finds_nothing() -> None:
    linter = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([linter, TEMPLATE, ALARMS, SNAPSHOTS, REPLICA], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_cfn_lint_would_find_a_mistake(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(TEMPLATE.read_text().replace("StorageClass: GLACIER_IR", "StorageClass: FRIDGE"))
    linter = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([linter, broken], capture_output=True, text=True, check=False)
    assert "FRIDGE" in done.stdout
    assert done.returncode != 0


def test_the_bucket_is_versioned_encrypted_private_and_gets_colder() -> None:
    bucket = resources()["Bucket"]
    properties = bucket["Properties"]
    assert bucket["DeletionPolicy"] == "Retain"
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    rules = properties["LifecycleConfiguration"]["Rules"]
    (transitions,) = [rule["Transitions"] for rule in rules if "Transitions" in rule]
    assert {each["StorageClass"]: each["TransitionInDays"] for each in transitions} == {
        "STANDARD_IA": DAYS_TO_COOL,
        "GLACIER_IR": DAYS_TO_COLD,
    }


def test_the_pipeline_may_neither_delete_nor_reach_beyond_its_own() -> None:
    statements = resources()["PipelinePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    listed = [[each["Action"]] if isinstance(each["Action"], str) else each["Action"] for each in statements]
    actions = [action for some in listed for action in some]
    assert not [action for action in actions if "*" in action or "Delete" in action]
    assert "*" not in [each["Resource"] for each in statements]


def test_secrets_have_no_values() -> None:
    secrets = [each["Properties"] for each in resources().values() if each["Type"] == "AWS::SecretsManager::Secret"]
    assert len(secrets) == 3
    assert all(set(secret) == {"Name", "Description"} for secret in secrets)


@pytest.mark.filterwarnings("ignore:Tried to parse")  # what moto's CloudFormation does not make
def test_it_deploys_and_takes_the_results_of_a_run(project: Project) -> None:
    with moto() as endpoint:
        stacks = client(endpoint, "cloudformation")
        stacks.create_stack(
            StackName="locomo",
            TemplateBody=TEMPLATE.read_text(),
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[
                {"ParameterKey": "AlarmEmail", "ParameterValue": "team@example.org"},
                {"ParameterKey": "ReplicaBucketArn", "ParameterValue": "arn:aws:s3:::elsewhere"},
            ],
        )
        (stack,) = stacks.describe_stacks(StackName="locomo")["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
        (group,) = client(endpoint, "logs").describe_log_groups()["logGroups"]
        assert (group["logGroupName"], group["retentionInDays"]) == ("locomo", 90)
        bucket = client(endpoint)
        encryption = bucket.get_bucket_encryption(Bucket=outputs["Bucket"])["ServerSideEncryptionConfiguration"]
        assert "AES256" in json.dumps(encryption)
        # What moto's CloudFormation passes over, S3's own API takes: the rules are well-formed.
        rules = [dict(rule) for rule in resources()["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]]
        bucket.put_bucket_lifecycle_configuration(
            Bucket=outputs["Bucket"], LifecycleConfiguration={"Rules": [in_s3s_words(rule) for rule in rules]}
        )

        project.environment |= KEYS
        project.must("locomo", "remote", outputs["Remote"], "--endpoint", endpoint)
        project.must("dvc", "push")
        assert project.must("dvc", "status", "--cloud") == "Cache and remote 'storage' are in sync.\n"
        assert bucket.list_objects_v2(Bucket=outputs["Bucket"], Prefix="dvc/files/md5/")["KeyCount"] > 30


@pytest.mark.filterwarnings("ignore:Tried to parse")  # moto's CloudFormation makes no budgets
def test_the_budget_tells_at_half_at_four_fifths_and_at_all() -> None:
    budget = resources()["Budget"]["Properties"]
    with moto() as endpoint:
        budgets = client(endpoint, "budgets")
        limit = {"Amount": "100", "Unit": "USD"}
        account = "123456789012"
        budgets.create_budget(
            AccountId=account,
            Budget=budget["Budget"] | {"BudgetName": "locomo", "BudgetLimit": limit},
            NotificationsWithSubscribers=[
                each | {"Subscribers": [{"SubscriptionType": "EMAIL", "Address": "team@example.org"}]}
                for each in budget["NotificationsWithSubscribers"]
            ],
        )
        told = budgets.describe_notifications_for_budget(AccountId=account, BudgetName="locomo")["Notifications"]
    thresholds = [(each["NotificationType"], each["Threshold"]) for each in told]
    assert thresholds == [("ACTUAL", 50), ("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)]


def test_disks_are_copied_daily_for_a_week_and_weekly_for_four() -> None:
    """moto has no Data Lifecycle Manager: the parameters are checked by its client."""
    import botocore.session
    from botocore.validate import validate_parameters

    properties = resources(SNAPSHOTS)["Policy"]["Properties"]
    kept = {each["Name"]: each["RetainRule"]["Count"] for each in properties["PolicyDetails"]["Schedules"]}
    assert kept == {"daily": 7, "weekly": 4}
    service = botocore.session.get_session().get_service_model("dlm")
    validate_parameters(properties, service.operation_model("CreateLifecyclePolicy").input_shape)
    with pytest.raises(Exception, match="RetainFor"):
        validate_parameters(
            properties | {"PolicyDetails": {"RetainFor": 7}},
            service.operation_model("CreateLifecyclePolicy").input_shape,
        )


@pytest.mark.filterwarnings("ignore:Tried to parse")
def test_what_is_kept_is_replicated_to_the_bucket_of_the_other_template() -> None:
    with moto() as endpoint:
        stacks = client(endpoint, "cloudformation")
        stacks.create_stack(StackName="replica", TemplateBody=REPLICA.read_text())
        (stack,) = stacks.describe_stacks(StackName="replica")["Stacks"]
        (arn,) = [each["OutputValue"] for each in stack["Outputs"]]
        bucket = client(endpoint)
        name = arn.removeprefix("arn:aws:s3:::")
        assert resources(REPLICA)["Bucket"]["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
        bucket.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        for each in (name, "kept"):  # what moto's CloudFormation passes over
            bucket.put_bucket_versioning(Bucket=each, VersioningConfiguration={"Status": "Enabled"})
        rules = json.loads(json.dumps(REPLICATED["Rules"]).replace("ReplicaBucketArn", arn))
        assert "If" not in json.dumps(rules)
        for rule in rules:
            rule["ID"] = rule.pop("Id")
        wanted = {"Role": "arn:aws:iam::123456789012:role/replicate", "Rules": rules}
        bucket.put_bucket_replication(Bucket="kept", ReplicationConfiguration=wanted)
        (rule,) = bucket.get_bucket_replication(Bucket="kept")["ReplicationConfiguration"]["Rules"]
    assert (rule["Status"], rule["Destination"]["Bucket"], rule["Filter"]) == ("Enabled", arn, {"Prefix": ""})


REPLICATED = resources()["Bucket"]["Properties"]["ReplicationConfiguration"][1]
"""Of the choice between replication and none, the first."""


@pytest.mark.filterwarnings("ignore:Tried to parse")  # moto's CloudFormation makes no alarms
def test_the_alarms_deploy_and_cloudwatch_takes_them() -> None:
    given = {"AlarmEmail": "team@example.org", "UsdAnHour": "3"}
    with moto() as endpoint:
        stacks = client(endpoint, "cloudformation")
        parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
        stacks.create_stack(StackName="alarms", TemplateBody=ALARMS.read_text(), Parameters=parameters)
        (stack,) = stacks.describe_stacks(StackName="alarms")["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        (topic,) = [each["OutputValue"] for each in stack["Outputs"]]
        (subscribed,) = client(endpoint, "sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        assert (subscribed["Protocol"], subscribed["Endpoint"]) == ("email", given["AlarmEmail"])
        watch = client(endpoint, "cloudwatch")
        for each in with_values(ALARMS, given | {"Topic": topic}).values():
            if each["Type"] == "AWS::CloudWatch::Alarm":
                watch.put_metric_alarm(**each["Properties"] | {"Threshold": float(each["Properties"]["Threshold"])})
        alarms = {alarm["AlarmName"]: alarm for alarm in watch.describe_alarms()["MetricAlarms"]}
    limits = {name: (alarm["Threshold"], alarm["EvaluationPeriods"]) for name, alarm in alarms.items()}
    assert limits == {"locomo-failures": (5.0, 1), "locomo-spending": (3.0, 1), "locomo-no-progress": (0.0, 30)}
    assert {alarm["TreatMissingData"] for alarm in alarms.values()} == {"notBreaching"}
    assert {action for alarm in alarms.values() for action in alarm["AlarmActions"]} == {topic}
    for alarm in alarms.values():
        used = {each["Id"] for each in alarm.get("Metrics", []) if "Expression" not in each}
        said = [each["Expression"] for each in alarm.get("Metrics", []) if "Expression" in each]
        assert all(name in said[0] for name in used)
        assert len(said) == bool(used)


def with_values(template: Path, given: dict[str, str]) -> dict[str, Any]:
    """The resources of a template with its parameters, those that are not given at their default."""

    parameters = yaml.safe_load(re.search(r"(?ms)^Parameters:\n.*?(?=^\w)", template.read_text())[0])["Parameters"]
    values = {name: each.get("Default") for name, each in parameters.items()} | given

    class Loader(yaml.SafeLoader):
        """Of !Ref and !Sub."""

    Loader.add_constructor("!Ref", lambda _, node: values[node.value])
    Loader.add_constructor("!Sub", lambda _, node: re.sub(r"\$\{(\w+)\}", lambda name: values[name[1]], node.value))
    text = re.search(r"(?ms)^Resources:\n.*?(?=^\w)", template.read_text())[0]
    return yaml.load(text, Loader)["Resources"]  # noqa: S506  (a safe loader)


def in_s3s_words(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule of CloudFormation as the S3 API has it."""
    said = {"ID": rule["Id"], "Status": rule["Status"], "Filter": {"Prefix": ""}}
    if "Transitions" in rule:
        said["Transitions"] = [
            {"Days": each["TransitionInDays"], "StorageClass": each["StorageClass"]} for each in rule["Transitions"]
        ]
    return said | {key: rule[key] for key in rule if key.startswith(("Noncurrent", "Abort"))}


GCS = {  # https://cloud.google.com/storage/docs/json_api/v1/buckets: lifecycle
    "type": "object",
    "required": ["lifecycle"],
    "additionalProperties": False,
    "properties": {
        "lifecycle": {
            "type": "object",
            "required": ["rule"],
            "additionalProperties": False,
            "properties": {
                "rule": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["action", "condition"],
                        "additionalProperties": False,
                        "properties": {
                            "action": {
                                "type": "object",
                                "required": ["type"],
                                "additionalProperties": False,
                                "properties": {
                                    "type": {"enum": ["Delete", "SetStorageClass", "AbortIncompleteMultipartUpload"]},
                                    "storageClass": {"enum": ["NEARLINE", "COLDLINE", "ARCHIVE"]},
                                },
                            },
                            "condition": {
                                "type": "object",
                                "minProperties": 1,
                                "additionalProperties": False,
                                "properties": {
                                    "age": {"type": "integer", "minimum": 0},
                                    "isLive": {"type": "boolean"},
                                    "daysSinceNoncurrentTime": {"type": "integer", "minimum": 0},
                                    "matchesStorageClass": {"type": "array", "items": {"type": "string"}},
                                },
                            },
                        },
                    },
                }
            },
        }
    },
}
DAYS = {"type": "object", "minProperties": 1, "additionalProperties": {"type": "integer", "minimum": 0}}
AZURE = {  # https://learn.microsoft.com/azure/storage/blobs/lifecycle-management-policy-structure
    "type": "object",
    "required": ["rules"],
    "additionalProperties": False,
    "properties": {
        "rules": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "type", "definition"],
                "additionalProperties": False,
                "properties": {
                    "enabled": {"type": "boolean"},
                    "name": {"type": "string", "pattern": "^[A-Za-z0-9-]+$"},
                    "type": {"const": "Lifecycle"},
                    "definition": {
                        "type": "object",
                        "required": ["filters", "actions"],
                        "additionalProperties": False,
                        "properties": {
                            "filters": {
                                "type": "object",
                                "required": ["blobTypes"],
                                "additionalProperties": False,
                                "properties": {
                                    "blobTypes": {"type": "array", "items": {"enum": ["blockBlob", "appendBlob"]}},
                                    "prefixMatch": {"type": "array", "items": {"type": "string"}},
                                },
                            },
                            "actions": {
                                "type": "object",
                                "additionalProperties": False,
                                "properties": {
                                    "baseBlob": {
                                        "type": "object",
                                        "properties": {"tierToCool": DAYS, "tierToCold": DAYS},
                                        "additionalProperties": False,
                                    },
                                    "version": {
                                        "type": "object",
                                        "properties": {"delete": DAYS},
                                        "additionalProperties": False,
                                    },
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}


@pytest.mark.parametrize(("path", "schema"), [("deploy/gcp/lifecycle.json", GCS), ("deploy/azure/policy.json", AZURE)])
def test_the_rules_of_other_clouds_have_the_shape_that_these_publish(path: str, schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(schema).validate(json.loads((ROOT / path).read_text()))


def test_the_rules_of_other_clouds_are_those_of_aws() -> None:
    rules = json.loads((ROOT / "deploy/gcp/lifecycle.json").read_text())["lifecycle"]["rule"]
    moves = {each["action"].get("storageClass"): each["condition"].get("age") for each in rules}
    assert (moves["NEARLINE"], moves["COLDLINE"]) == (DAYS_TO_COOL, DAYS_TO_COLD)
    (rule,) = json.loads((ROOT / "deploy/azure/policy.json").read_text())["rules"]
    assert rule["definition"]["actions"]["baseBlob"] == {
        "tierToCool": {"daysAfterModificationGreaterThan": DAYS_TO_COOL},
        "tierToCold": {"daysAfterModificationGreaterThan": DAYS_TO_COLD},
    }


def test_azure_keeps_and_tells_as_aws() -> None:
    made = json.loads((ROOT / "deploy/azure/safeguards.json").read_text())
    by_kind = {each["type"].rpartition("/")[2]: each["properties"] for each in made["resources"]}
    rules = {each["name"]: each for each in by_kind["backupPolicies"]["policyRules"]}
    kept = {name: each["lifecycles"][0]["deleteAfter"]["duration"] for name, each in rules.items() if name != "Daily"}
    assert kept == {"Default": "P7D", "Weekly": "P4W"}
    tags = {each["tagInfo"]["tagName"] for each in rules["Daily"]["trigger"]["taggingCriteria"]}
    assert tags == kept.keys(), "each tag has a rule of its name"
    told = [(each["thresholdType"], each["threshold"]) for each in by_kind["budgets"]["notifications"].values()]
    assert told == [("Actual", 50), ("Actual", 80), ("Actual", 100), ("Forecasted", 100)]
    used = set(re.findall(r"parameters\('(\w+)'\)", json.dumps(made["resources"])))
    assert used == made["parameters"].keys()


def test_google_keeps_and_tells_as_aws(tmp_path: Path) -> None:
    """The script is run with a `gcloud` that notes what it is asked for."""
    stand_in = tmp_path / "gcloud"
    stand_in.write_text('#!/bin/bash\necho "$*"\n')
    stand_in.chmod(0o755)
    given = {
        "PROJECT": "p",
        "REGION": "europe-west3",
        "ZONE": "europe-west3-a",
        "DISK": "d",
        "BUCKET": "b",
        "REPLICA_REGION": "europe-north1",
        "BILLING_ACCOUNT": "1",
        "BUDGET": "100USD",
    }
    command = ["bash", ROOT / "deploy/gcp/safeguards.sh"]
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}

    def asked(variables: dict[str, str]) -> list[str]:
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=env | variables)
        return done.stdout.splitlines()

    daily, weekly, attached, made, versioned, copied, budget = asked(given)
    assert "--daily-schedule" in daily
    assert daily.endswith("--max-retention-days 7")
    assert "--weekly-schedule sunday" in weekly
    assert weekly.endswith("--max-retention-days 28")
    assert attached.endswith("--resource-policies locomo-daily,locomo-weekly")
    assert "--location europe-north1" in made
    assert versioned.split("--lifecycle-file ")[1] == str(ROOT / "deploy/gcp/lifecycle.json")
    assert copied.startswith("transfer jobs create gs://b gs://b-replica")
    assert re.findall(r"percent=([\d.]+)", budget) == ["0.5", "0.8", "1.0", "1.0"]
    assert asked({"PROJECT": "p"}) == []
    refused = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert (refused.returncode, "PROJECT: the id of your project" in refused.stderr) == (1, True)
