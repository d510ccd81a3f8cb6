//! What must not be seen is not seen.
use aws_sdk_ecs::types::TaskDefinitionStatus;
use refractory_core::LaunchId;
use refractory_core::ports::{InstanceRuntime, LogSource, Observed};
use testkit::aws::Program;

use crate::support::bed::{Bed, IMAGE, down, up};

#[tokio::test]
async fn no_secret_stands_where_it_can_be_read() {
    let bed = Bed::made().await;
    let (runtime, key) = (bed.runtime(), bed.table("a").await);
    bed.account.run_as(IMAGE, &Program::new("/bin/sleep", &["60"])).await.unwrap();
    up(&runtime, &key, &bed.spec).await;
    let license = testkit::foundry::LICENSE_KEY.replace('-', "");
    let words = [bed.spec.admin_key.expose(), &license, "X-Amz-Signature"];

    let running = bed.account.tasks().await.unwrap();
    let told = &running.iter().find(|running| running.container == "foundry").unwrap().environment;
    assert_eq!(told["FOUNDRY_ADMIN_KEY"], words[0], "the program is told");
    assert_eq!(told["FOUNDRY_LICENSE_KEY"], license);
    assert!(told["FOUNDRY_RELEASE_URL"].contains("X-Amz-Signature"));

    let call = bed
        .clients
        .ecs
        .describe_task_definition()
        .task_definition(bed.naming.family(&key.instance));
    let definition = format!("{:?}", call.send().await.unwrap());
    let tasks = format!("{:?}", bed.tasks().await);
    let log = bed.logs().read(&key.instance, None, 10_000).await.unwrap().lines.join("\n");
    for word in words {
        assert!(!definition.contains(word), "the task definition holds {word}");
        assert!(!tasks.contains(word), "the task holds {word}");
        assert!(!log.contains(word), "the log holds {word}");
    }
    assert!(!format!("{runtime:?}").contains(words[0]), "the runtime's own report holds it");
    down(&runtime, &key).await;
}

#[tokio::test]
async fn a_table_that_is_gone_leaves_neither_definition_nor_secret() {
    let mut bed = Bed::made().await;
    let (runtime, key) = (bed.runtime(), bed.table("a").await);
    let other = bed.table("ab").await;
    up(&runtime, &other, &bed.spec).await;
    for (epoch, language) in [(1, "de.core"), (2, "fr.core"), (3, "en.core")] {
        bed.spec.language = Some(language.to_owned());
        let key = LaunchId { attempt: epoch, ..key.clone() };
        up(&runtime, &key, &bed.spec).await;
        if epoch == 3 {
            assert!(
                matches!(
                    runtime.remove_artifacts(&key.instance).await.unwrap(),
                    Observed::Pending(_)
                ),
                "it runs"
            );
        }
        down(&runtime, &key).await;
    }
    assert_eq!(definitions(&bed).await, 2, "one for each table: the others were replaced");
    while runtime.remove_artifacts(&key.instance).await.unwrap() != Observed::Absent {}
    assert_eq!(
        runtime.remove_artifacts(&key.instance).await.unwrap(),
        Observed::Absent,
        "absent is fine"
    );
    assert_eq!(definitions(&bed).await, 1, "the other's");
    let secrets =
        bed.clients.secrets.list_secrets().send().await.unwrap().secret_list.unwrap_or_default();
    let names: Vec<_> = secrets.into_iter().filter_map(|secret| secret.name).collect();
    assert_eq!(names, ["club/table/ab"]);
    assert!(
        matches!(runtime.observe(&other).await.unwrap(), Observed::Ready(_)),
        "the other table plays on"
    );
    down(&runtime, &other).await;
}

/// How many task definitions there are that are not deleted.
async fn definitions(bed: &Bed) -> usize {
    let mut count = 0;
    for status in [TaskDefinitionStatus::Active, TaskDefinitionStatus::Inactive] {
        let page = bed.clients.ecs.list_task_definitions().status(status).send().await.unwrap();
        count += page.task_definition_arns().len();
    }
    count
}
