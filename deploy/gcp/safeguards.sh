#!/bin/bash
# What Google Cloud does by itself: snapshots of a machine's disk (daily 7, weekly 4), a copy of the bucket in another
# region, and a budget that tells the account's billing administrators at 50, 80 and 100 %.
#
#   PROJECT=... REGION=europe-west3 ZONE=europe-west3-a DISK=locomo BUCKET=... REPLICA_REGION=europe-north1 \
#     BILLING_ACCOUNT=... BUDGET=100USD bash deploy/gcp/safeguards.sh
#
# A part whose variables are not set is left out. The account's currency has to be that of BUDGET.
set -euo pipefail
: "${PROJECT:?the id of your project}"

if [ -n "${DISK:-}" ]; then
    policy=(gcloud compute resource-policies create snapshot-schedule --project "$PROJECT" --region "${REGION:?}")
    "${policy[@]}" locomo-daily --daily-schedule --start-time 03:00 --max-retention-days 7
    "${policy[@]}" locomo-weekly --weekly-schedule sunday --start-time 05:00 --max-retention-days 28
    gcloud compute disks add-resource-policies "$DISK" --project "$PROJECT" --zone "${ZONE:?}" \
        --resource-policies locomo-daily,locomo-weekly
fi

if [ -n "${BUCKET:-}" ]; then
    gcloud storage buckets create "gs://$BUCKET-replica" --project "$PROJECT" --location "${REPLICA_REGION:?}" \
        --default-storage-class NEARLINE --uniform-bucket-level-access --public-access-prevention
    gcloud storage buckets update "gs://$BUCKET-replica" --versioning \
        --lifecycle-file "$(dirname "$0")/lifecycle.json"
    gcloud transfer jobs create "gs://$BUCKET" "gs://$BUCKET-replica" --project "$PROJECT" --replication
fi

if [ -n "${BILLING_ACCOUNT:-}" ]; then
    gcloud billing budgets create --billing-account "$BILLING_ACCOUNT" --display-name locomo \
        --filter-projects "projects/$PROJECT" --budget-amount "${BUDGET:?}" \
        --threshold-rule percent=0.5 --threshold-rule percent=0.8 --threshold-rule percent=1.0 \
        --threshold-rule percent=1.0,basis=forecasted-spend
fi
