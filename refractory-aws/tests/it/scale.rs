//! What a deployment with many tables asks of AWS. `cargo bench -p refractory-aws` prints it for more of them.
use crate::support::crowd::{Bill, Crowd};

const TABLES: usize = 250;
/// How many rows the store reads at once.
const ROWS: usize = refractory_core::ports::Query::MAX_LIMIT;

/// The promises that `docs/scale.md` repeats.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_a_sweep_a_page_and_a_start_ask_as_much_as_is_said() {
    let crowd = Crowd::made(TABLES).await;
    let hundreds = TABLES.div_ceil(100);

    let round = crowd.round().await;
    assert!(round.of_service("ecs") <= TABLES / 100 + 2, "a round of looks:\n{round}");
    assert_eq!(round.total(), round.of_service("ecs") + round.of_service("dynamodb"), "{round}");
    assert_eq!(round.count("GetItem"), TABLES, "each row is read once:\n{round}");

    let sweep = crowd.sweep().await;
    assert!(sweep.count("ListTasks") <= 2 * (hundreds + 1), "a sweep:\n{sweep}");
    assert!(sweep.count("DescribeTasks") <= 1, "whose tasks they are is known:\n{sweep}");
    assert!(sweep.count("DescribeAccessPoints") <= hundreds + 1, "a sweep:\n{sweep}");
    assert!(sweep.count("ListUsers") <= TABLES.div_ceil(1_000), "a sweep:\n{sweep}");
    assert!(sweep.count("ListSecrets") <= hundreds + 1, "a sweep:\n{sweep}");
    let rows = sweep.count("Query");
    // Tables that are on, what was written since, licenses, events, tokens, and what else has its day.
    assert!(rows <= 6 + 2 * TABLES.div_ceil(ROWS), "a sweep:\n{sweep}");
    let reads = sweep.count("BatchGetItem");
    assert!(reads <= hundreds + TABLES.div_ceil(ROWS), "a hundred tables at a time:\n{sweep}");
    let looks = sweep.count("DescribeTasks") + reads;
    assert_eq!(sweep.total(), listed(&sweep) + looks, "{sweep}");

    let page = crowd.page().await;
    let (queries, reads) = (page.count("Query"), page.count("BatchGetItem"));
    // Each page is read by an index, with what follows it; a hundred records in one call.
    assert!(queries <= 1 + 2 * TABLES.div_ceil(ROWS), "a page:\n{page}");
    assert!(reads <= hundreds + TABLES.div_ceil(ROWS), "a page:\n{page}");
    assert_eq!(page.total(), queries + reads, "a page:\n{page}");

    let start = crowd.start().await;
    let alone = Crowd::made(0).await.start().await;
    assert!(start.total() <= alone.total() + 4, "with others:\n{start}alone:\n{alone}");
    for bill in [&round, &sweep, &page, &start] {
        assert_eq!(bill.count("Scan"), 0, "{bill}");
    }
}

/// How many calls list something, a page each.
fn listed(bill: &Bill) -> usize {
    let lists = ["ListTasks", "DescribeAccessPoints", "ListUsers", "ListSecrets", "Query"];
    lists.into_iter().map(|operation| bill.count(operation)).sum()
}
