"""What a server did is told as Prometheus reads it."""

from prometheus_client.parser import text_string_to_metric_families

from hydro.serving.metrics import Metrics


def values(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Read the values by name and labels, as Prometheus does."""
    families = text_string_to_metric_families(metrics.text().decode())
    samples = (sample for family in families for sample in family.samples)
    return {(each.name, *each.labels.values()): each.value for each in samples}


def test_requests_and_batches_are_counted() -> None:
    metrics = Metrics()
    metrics.request("/embed", 200, 0.02)
    metrics.request("/embed", 200, 2)
    metrics.request("/embed", 503, 0)
    metrics.batch(3, 0.1)
    metrics.batch(200, 0.2)
    found = values(metrics)
    assert found["hydro_requests_total", "/embed", "200"] == 2
    assert found["hydro_requests_total", "/embed", "503"] == 1
    assert found["hydro_request_seconds_sum", "/embed"] == 2.02
    assert found["hydro_batch_texts_bucket", "4.0"] == 1
    assert found["hydro_batch_texts_sum",] == 203
    assert found["hydro_batch_seconds_count",] == 2


def test_what_waits_is_asked_for() -> None:
    metrics = Metrics()
    metrics.follow(lambda: 7)
    assert values(metrics)["hydro_waiting_texts",] == 7


def test_two_servers_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.batch(1, 1)
    assert values(other)["hydro_batch_texts_count",] == 0
