//! Passing events on, each once, across restarts and replicas.
use std::collections::VecDeque;

use super::leadership::Leadership;
use super::records::RecordCollection;
use crate::model::{Event, Principal, RecordContent};
use crate::service::{EventCursor, EventFilter, FollowedEvent, Subscription};
use crate::{Error, ErrorKind, EventId, Result};

/// The collection that their places are in.
const COLLECTION: &str = "deliveries";
/// How many events that were delivered are remembered: a store may report a write more than once.
const REMEMBERED: usize = 32;
/// After how many events that were left out the place is written down.
const LEFT_OUT: u32 = 100;

/// An event that is to be delivered.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Delivery {
    /// The event.
    pub event: Event,
    /// Whether its delivery was begun before, and no one knows whether it arrived. Look for its id at the other side first.
    pub may_be_repeated: bool,
}

/// Events to be delivered by the program that leads a duty. How far it is stands in the store.
#[derive(Debug)]
pub struct Deliveries {
    records: RecordCollection,
    name: String,
    subscription: Subscription,
    place: DeliveryPlace,
    current: Option<FollowedEvent>,
    left_out: u32,
}

impl Leadership {
    /// Goes on delivering the events that `filter` means and that `who` may read, under `name`: after the last one that was
    /// delivered, or from now on where there was none.
    ///
    /// For each event: [`next`](Deliveries::next), [`begin`](Deliveries::begin), send it, [`finish`](Deliveries::finish). An
    /// event that is not to be sent is finished without being begun.
    ///
    /// # Errors
    ///
    /// `Invalid` for what is no key, and as the store has them.
    pub async fn deliveries(
        &self,
        name: &str,
        who: &Principal,
        filter: EventFilter,
    ) -> Result<Deliveries> {
        let (records, app) = (self.collection(COLLECTION)?, self.handle());
        let stored = match records.get(name).await? {
            Some(record) => Some(DeliveryPlace::read(record.body())?),
            None => None,
        };
        let place = if let Some(place) = stored {
            place
        } else {
            let place = DeliveryPlace::at(app.event_cursor().await?);
            records.put(name, RecordContent::new(place.text())).await?;
            place
        };
        let subscription = app.subscribe(who, filter, Some(place.cursor.clone())).await?;
        let name = name.to_owned();
        Ok(Deliveries { records, name, subscription, place, current: None, left_out: 0 })
    }
}

impl Deliveries {
    /// The next event; waits for it. The same one as before where that was not finished.
    ///
    /// # Errors
    ///
    /// As the store has them; the next call goes on where this one could not.
    pub async fn next(&mut self) -> Result<Delivery> {
        let followed = match self.current.take() {
            Some(followed) => followed,
            None => loop {
                let followed = self.subscription.next().await?;
                if !self.place.delivered.contains(&followed.event.id) {
                    break followed;
                }
            },
        };
        let event = followed.event.clone();
        self.current = Some(followed);
        let may_be_repeated = self.place.begun.as_ref() == Some(&event.id);
        Ok(Delivery { event, may_be_repeated })
    }

    /// Writes down that the event is about to be sent. After a crash it is returned as one that may be repeated.
    ///
    /// # Errors
    ///
    /// `Outdated` where another program leads: then it must not be sent. `Invalid` without an event.
    pub async fn begin(&mut self) -> Result<()> {
        let id = self.current.as_ref().ok_or_else(no_event)?.event.id.clone();
        if self.place.begun.as_ref() == Some(&id) {
            return Ok(());
        }
        let place = DeliveryPlace { begun: Some(id), ..self.place.clone() };
        self.write(place).await
    }

    /// Writes down that the event was sent, or is left out.
    ///
    /// # Errors
    ///
    /// `Outdated` where another program leads; `Invalid` without an event. The event stays the next one then.
    pub async fn finish(&mut self) -> Result<()> {
        let followed = self.current.clone().ok_or_else(no_event)?;
        let id = followed.event.id;
        let was_begun = self.place.begun.as_ref() == Some(&id);
        let mut place = DeliveryPlace { cursor: followed.cursor, ..self.place.clone() };
        if was_begun {
            place.begun = None;
            place.remember(id);
        }
        if was_begun || self.left_out >= LEFT_OUT {
            self.write(place).await?;
            self.left_out = 0;
        } else {
            self.place = place;
            self.left_out += 1;
        }
        self.current = None;
        Ok(())
    }

    async fn write(&mut self, place: DeliveryPlace) -> Result<()> {
        self.records.put(&self.name, RecordContent::new(place.text())).await?;
        self.place = place;
        Ok(())
    }
}

fn no_event() -> Error {
    Error::new(ErrorKind::Invalid, "delivering an event")
        .advise("No event is being delivered. Ask for the next one first.")
}

/// How far deliveries are. As text: the cursor, the event that was begun, and events that were delivered, one a line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct DeliveryPlace {
    cursor: EventCursor,
    begun: Option<EventId>,
    delivered: VecDeque<EventId>,
}

impl DeliveryPlace {
    fn at(cursor: EventCursor) -> Self {
        Self { cursor, begun: None, delivered: VecDeque::new() }
    }

    fn read(text: &str) -> Result<Self> {
        let mut lines = text.lines();
        let cursor = lines.next().unwrap_or_default().parse()?;
        let begun = lines.next().filter(|line| !line.is_empty()).map(EventId::new).transpose()?;
        let delivered = lines.map(EventId::new).collect::<std::result::Result<_, _>>()?;
        Ok(Self { cursor, begun, delivered })
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n", self.cursor);
        text.push_str(self.begun.as_ref().map_or("", EventId::as_str));
        for id in &self.delivered {
            text.push('\n');
            text.push_str(id.as_str());
        }
        text
    }

    fn remember(&mut self, id: EventId) {
        if self.delivered.len() >= REMEMBERED {
            self.delivered.pop_front();
        }
        self.delivered.push_back(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    #[test]
    fn a_place_is_read_as_it_was_written_and_remembers_the_latest() {
        let cursor: EventCursor = "a_b_".parse().unwrap();
        let mut place = DeliveryPlace::at(cursor);
        assert_eq!(DeliveryPlace::read(&place.text()).unwrap(), place);
        let ids: Vec<_> = (0..40).map(|at| EventId::ordered(Timestamp(at))).collect();
        for id in &ids {
            place.remember(id.clone());
        }
        assert_eq!(place.delivered.len(), REMEMBERED);
        assert_eq!(place.delivered.back(), ids.last());
        assert_eq!(DeliveryPlace::read(&place.text()).unwrap(), place, "nothing was begun");
        place.begun = ids.first().cloned();
        assert_eq!(DeliveryPlace::read(&place.text()).unwrap(), place);
        for damaged in ["", "x", "a_b_\n?"] {
            assert_eq!(DeliveryPlace::read(damaged).unwrap_err().kind(), ErrorKind::Invalid);
        }
    }
}
