"""Calls every JSON operation with the client that openapi-python-client generates from openapi.json.

Reads its input as JSON from standard input, and prints each operation with its status.
"""

import datetime
import json
import sys

from vault_client import AuthenticatedClient, Client
from vault_client.api.about import read_openapi
from vault_client.api.access import make_ticket, whoami
from vault_client.api.catalog import archive_many, read_stats
from vault_client.api.fal import cancel_fal, result_fal, status_fal, submit_fal
from vault_client.api.hook import deliver, deliver_with_header, deliver_with_reference
from vault_client.api.jobs import (
    archive_job, delete_job, hand_off_job, import_jobs, list_jobs, read_event_body, read_events, read_job,
    read_result, renew_links,
)
from vault_client.api.proxy import (
    fal_proxy, fal_proxy_delete, fal_proxy_get, fal_proxy_patch, fal_proxy_put, fal_proxy_ticket,
    fal_proxy_ticket_delete, fal_proxy_ticket_get, fal_proxy_ticket_patch, fal_proxy_ticket_put,
)
from vault_client.api.queue import cancel_queue, result_queue, status_queue, submit_queue
from vault_client.api.unmatched import assign_unmatched, drop_unmatched, list_unmatched
from vault_client.api.upkeep import examine, list_refused, restore
from vault_client.models import (
    Archive, FileState, ImportLine, Input, ProblemCode, ProxyTicketWish, ProxyTicketWishScope, ReadJobFor, Status,
)

given = json.load(sys.stdin)
name = given["name"]
api = AuthenticatedClient(base_url=given["url"], token=given["token"], timeout=60)
hook = AuthenticatedClient(base_url=given["url"], token=given["hookToken"])
stranger = Client(base_url=given["url"])


def called(operation, answer):
    """Prints the call, and returns the parsed answer."""
    print(json.dumps({"operation": operation, "status": answer.status_code}))
    return answer.parsed


def settled(job):
    return read_job.sync_detailed(job, client=api, wait=30, for_=ReadJobFor.SETTLED)


job, failed, imported = (f"{name}-{n}" for n in (1, 2, 3))
token = given["hookToken"]
called("deliverWithHeader", deliver_with_header.sync_detailed(
    client=hook, body={"eventType": "acquired", "jobId": job}, tag=[name, "draft"]))
told = called("deliver", deliver.sync_detailed(
    token, client=stranger, body={"eventType": "completed", "jobId": job, "video": {"data_uri": given["file"]}}))
assert told.id == job and told.duplicate is False
called("deliverWithReference", deliver_with_reference.sync_detailed(
    token, f"{name}-order", client=stranger, body={"eventType": "failed", "jobId": failed, "error": "out of memory"}))
line = called("importJobs", import_jobs.sync_detailed(
    client=api, body=ImportLine(id=imported, app="wan22-fast-t2v", tags=[name])))
assert line.imported == 1

record = called("readJob", settled(job))
assert record.archive is Archive.STORED and record.files[0].state is FileState.STORED
day = datetime.datetime.fromtimestamp(record.created_at / 1000, datetime.timezone.utc).date()
page = called("listJobs", list_jobs.sync_detailed(client=api, status=[Status.FAILED, Status.COMPLETED], since=day, limit=5))
assert all(one.status is not Status.QUEUED for one in page.jobs)
called("readResult", read_result.sync_detailed(job, client=api))
events = called("readEvents", read_events.sync_detailed(job, client=api)).events
called("readEventBody", read_event_body.sync_detailed(job, events[0].n, client=api))
called("archiveJob", archive_job.sync_detailed(job, client=api))
called("renewLinks", renew_links.sync_detailed(job, client=api))
called("deleteJob", delete_job.sync_detailed(failed, client=api))

called("archiveMany", archive_many.sync_detailed(client=api, archive=[Archive.LOST, Archive.PARTIAL], tag=name))
called("readStats", read_stats.sync_detailed(client=api))
called("listRefused", list_refused.sync_detailed(client=api))
called("examine", examine.sync_detailed(client=api))
called("whoami", whoami.sync_detailed(client=api))
called("restore", restore.sync_detailed(client=api, limit=1))
called("readOpenapi", read_openapi.sync_detailed(client=api))
called("listUnmatched", list_unmatched.sync_detailed(client=api))
called("assignUnmatched", assign_unmatched.sync_detailed(given["unmatched"][0], client=api, job=job))
called("dropUnmatched", drop_unmatched.sync_detailed(given["unmatched"][1], client=api))
wish = ProxyTicketWish(scope=ProxyTicketWishScope.PROXY, ttl=600)
ticket = called("makeTicket", make_ticket.sync_detailed(client=api, body=wish)).ticket

prompt = Input.from_dict({"prompt": f"an astronaut, {name}"})
slow = Input.from_dict({"prompt": f"an astronaut, {name}", "_sim": {"queueMs": 600_000}})
app = "wan22-fast-t2v"
request = str(called("submitQueue", submit_queue.sync_detailed(
    app, client=api, body=prompt, fal_webhook=given["webhook"])).request_id)
settled(request)
called("statusQueue", status_queue.sync_detailed(app, request, client=api))
called("resultQueue", result_queue.sync_detailed(app, request, client=api))
called("handOffJob", hand_off_job.sync_detailed(request, client=api))
other = str(submit_queue.sync(app, client=api, body=slow).request_id)
called("cancelQueue", cancel_queue.sync_detailed(app, other, client=api))

app = "fal-ai/flux"
request = str(called("submitFal", submit_fal.sync_detailed(app, client=api, body=prompt)).request_id)
settled(request)
called("statusFal", status_fal.sync_detailed(app, request, client=api))
called("resultFal", result_fal.sync_detailed(app, request, client=api))
other = str(submit_fal.sync(app, client=api, body=slow).request_id)
called("cancelFal", cancel_fal.sync_detailed(app, other, client=api))

target = "https://queue.fal.run/fal-ai/flux"
submitted = called("falProxy", fal_proxy.sync_detailed(client=api, body=slow, x_fal_target_url=target))
end = f"{target}/requests/{submitted['request_id']}"
called("falProxyGet", fal_proxy_get.sync_detailed(client=api, x_fal_target_url=f"{end}/status"))
called("falProxyPut", fal_proxy_put.sync_detailed(client=api, x_fal_target_url=f"{end}/cancel"))
called("falProxyPatch", fal_proxy_patch.sync_detailed(client=api, x_fal_target_url=end))
called("falProxyDelete", fal_proxy_delete.sync_detailed(client=api, x_fal_target_url=end))
submitted = called("falProxyTicket", fal_proxy_ticket.sync_detailed(
    ticket, client=stranger, body=slow, x_fal_target_url=target))
end = f"{target}/requests/{submitted['request_id']}"
called("falProxyTicketGet", fal_proxy_ticket_get.sync_detailed(ticket, client=stranger, x_fal_target_url=f"{end}/status"))
called("falProxyTicketPut", fal_proxy_ticket_put.sync_detailed(ticket, client=stranger, x_fal_target_url=f"{end}/cancel"))
called("falProxyTicketPatch", fal_proxy_ticket_patch.sync_detailed(ticket, client=stranger, x_fal_target_url=end))
called("falProxyTicketDelete", fal_proxy_ticket_delete.sync_detailed(ticket, client=stranger, x_fal_target_url=end))

refused = read_job.sync(job, client=stranger)
assert refused.code is ProblemCode.NO_TOKEN
