use super::*;
use crate::InstanceId;

fn id(raw: &str) -> InstanceId {
    InstanceId::new(raw).unwrap()
}

fn at(seconds: u64) -> MonotonicTime {
    MonotonicTime(std::time::Duration::from_secs(seconds))
}

#[test]
fn the_earliest_time_wins_and_nothing_is_in_hand_twice() {
    let mut queue = Queue::default();
    queue.push(&id("a"), at(9));
    queue.push(&id("a"), at(5));
    queue.push(&id("b"), at(7));
    assert_eq!(queue.next(), Some(at(5)));
    assert_eq!(queue.take(at(6), 8), vec![id("a")]);
    queue.push(&id("a"), at(6));
    assert_eq!(queue.take(at(6), 8), vec![]);
    queue.put_back(&id("a"), Some(at(100)));
    assert_eq!(queue.take(at(6), 8), vec![id("a")]);
}

#[test]
fn room_is_bounded_and_goes_to_the_longest_waiting() {
    let mut queue = Queue::default();
    for (raw, due) in [("a", 3), ("b", 1), ("c", 2)] {
        queue.push(&id(raw), at(due));
    }
    assert_eq!(queue.take(at(9), 2), vec![id("b"), id("c")]);
    assert_eq!(queue.take(at(9), 2), vec![]);
    queue.put_back(&id("b"), None);
    assert_eq!(queue.take(at(9), 2), vec![id("a")]);
}

#[test]
fn what_is_met_again_keeps_its_time() {
    let mut queue = Queue::default();
    queue.push(&id("a"), at(9));
    queue.meet(&id("a"), at(1));
    queue.meet(&id("b"), at(2));
    assert_eq!(queue.take(at(5), 8), vec![id("b")]);
    queue.meet(&id("b"), at(3));
    queue.put_back(&id("b"), None);
    assert_eq!(queue.next(), Some(at(9)));
}
