//! Reading the log.

use super::deck::{Deck, HERE, MINUTE, at, number, request, rule, user};
use crate::domain::country::Country;
use crate::domain::delivery::DeliveryStatus;
use crate::domain::environment::Environment;
use crate::domain::refusal::Refusal;
use crate::store::{
    Event, EventQuery, EventReason, Position, RefusedRequest, Reservation, Subject,
};

/// A refusal of a user of its own.
fn refused(environment: Environment, detail: &str) -> RefusedRequest {
    let byte = detail.bytes().fold(0, u8::wrapping_add);
    RefusedRequest {
        environment,
        at: at(0),
        user: user(byte),
        number: number(1),
        country: Country::from_code("CA"),
        refusal: Refusal::NoSender,
        detail: detail.to_owned(),
    }
}

fn details(events: Vec<Event>) -> Vec<String> {
    events.into_iter().filter_map(|event| event.detail).collect()
}

async fn story(deck: &Deck, user: Subject, number: Subject) -> Vec<Event> {
    let query = EventQuery::OfUser { environment: HERE, user: user.key, number: number.key };
    deck.store.events(query).await.unwrap()
}

#[tokio::test]
async fn events_are_read_oldest_first_from_any_place_of_the_log() {
    for deck in Deck::of_every_store().await {
        let other = deck.again().await;
        deck.store.record_refusal(refused(HERE, "one")).await.unwrap();
        other.record_refusal(refused(Environment::Production, "two")).await.unwrap();
        deck.store.record_refusal(refused(HERE, "three")).await.unwrap();
        let start = deck.store.cursor(Position::Start).await.unwrap();
        let all = deck.store.events_after(start, 9).await.unwrap();
        assert_eq!(details(all.events), ["one", "two", "three"]);
        let first = deck.store.events_after(start, 1).await.unwrap();
        assert_eq!(details(first.events), ["one"]);
        let next = deck.store.events_after(first.end, 1).await.unwrap();
        assert_eq!(details(next.events), ["two"]);
        assert_eq!(details(deck.latest(HERE, 9).await), ["one", "three"]);
        assert_eq!(details(deck.latest(HERE, 1).await), ["three"]);
    }
}

#[tokio::test]
async fn the_story_of_a_user_has_their_refusals_and_nobody_elses_events() {
    for deck in Deck::of_every_store().await {
        for minute in 0..4 {
            deck.ask(request(minute * MINUTE)).await;
        }
        let released = deck.slot(Reservation { rule: rule(9, 15), ..request(5 * MINUTE) }).await;
        deck.report(released, DeliveryStatus::Refused).await;
        let stranger = Reservation { user: user(2), number: number(2), ..request(0) };
        deck.slot(stranger.clone()).await;
        let namesake = Subject { label: user(1).label, ..user(3) };
        deck.slot(Reservation { user: namesake, number: number(3), ..request(0) }).await;
        let found = story(&deck, user(1), number(1)).await;
        let kinds: Vec<&str> = found.iter().map(|event| event.kind.key()).collect();
        let expected =
            ["submitting", "submitting", "submitting", "refused", "submitting", "refused"];
        assert_eq!(kinds, expected);
        // The same label and the same masked number, and yet someone else.
        let twin = (Subject { label: user(1).label, ..user(4) }, number(4));
        let of_twin = RefusedRequest { user: twin.0, number: twin.1, ..refused(HERE, "of a twin") };
        deck.store.record_refusal(of_twin).await.unwrap();
        let found = story(&deck, user(1), number(1)).await;
        assert_eq!(found.len(), 6);
        let others = story(&deck, stranger.user, stranger.number).await;
        assert_eq!(others.len(), 1);
    }
}

#[tokio::test]
async fn refusals_that_repeat_within_a_minute_are_one_event_with_a_count() {
    for deck in Deck::of_every_store().await {
        let refuse = |milliseconds, refusal| {
            let at = at(milliseconds);
            let refused = RefusedRequest { at, refusal, ..refused(HERE, "again and again") };
            deck.store.record_refusal(refused)
        };
        for millisecond in 0..1_000 {
            refuse(millisecond, Refusal::NoSender).await.unwrap();
        }
        refuse(1_000, Refusal::NotReady).await.unwrap();
        refuse(MINUTE, Refusal::NotReady).await.unwrap();
        let times: Vec<u32> = deck.latest(HERE, 9).await.iter().map(|event| event.times).collect();
        assert_eq!(times, [1_000, 1, 1]);
        let first = deck.latest(HERE, 9).await.remove(0);
        assert_eq!(first.words(), "1000 times: again and again");
    }
}

#[tokio::test]
async fn text_from_outside_loses_its_control_characters() {
    for deck in Deck::of_every_store().await {
        deck.store.record_refusal(refused(HERE, "\x1b[2J\u{202e}cleared\n")).await.unwrap();
        assert_eq!(details(deck.latest(HERE, 1).await), ["[2Jcleared "]);
    }
}

#[tokio::test]
async fn a_refusal_keeps_its_reason_and_its_country_whatever_its_words() {
    for deck in Deck::of_every_store().await {
        deck.store.record_refusal(refused(HERE, "reworded since")).await.unwrap();
        let event = deck.latest(HERE, 1).await.remove(0);
        assert_eq!(event.reason, Some(EventReason::Refusal(Refusal::NoSender)));
        assert_eq!(event.country, Country::from_code("CA"));
        let refused = deck.store.destinations(HERE, at(1)).await.unwrap().refused;
        assert_eq!(refused.into_iter().collect::<Vec<_>>(), ["CA".parse().unwrap()]);
    }
}

#[tokio::test]
async fn reading_on_from_a_place_misses_nothing_and_reads_nothing_twice() {
    for deck in Deck::of_every_store().await {
        deck.store.record_refusal(refused(HERE, "one")).await.unwrap();
        let place = deck.store.cursor(Position::End).await.unwrap();
        for detail in ["two", "three"] {
            deck.again().await.record_refusal(refused(HERE, detail)).await.unwrap();
        }
        let environment = HERE;
        let before = EventQuery::Latest { environment, upto: Some(place), limit: 9 };
        assert_eq!(details(deck.store.events(before).await.unwrap()), ["one"]);
        let page = deck.store.events_after(place, 9).await.unwrap();
        assert_eq!(details(page.events), ["two", "three"]);
        let empty = deck.store.events_after(page.end, 9).await.unwrap();
        assert_eq!((empty.events.len(), empty.end), (0, page.end));
        deck.store.record_refusal(refused(HERE, "four")).await.unwrap();
        let page = deck.store.events_after(empty.end, 9).await.unwrap();
        assert_eq!(details(page.events), ["four"]);
    }
}

#[tokio::test]
async fn a_place_since_a_moment_lies_before_the_first_event_that_is_not_older() {
    for deck in Deck::of_every_store().await {
        let later = |milliseconds| RefusedRequest {
            at: at(milliseconds),
            ..refused(HERE, &milliseconds.to_string())
        };
        let since = |milliseconds| deck.store.cursor(Position::Since(at(milliseconds)));
        for milliseconds in [0, 5] {
            deck.store.record_refusal(later(milliseconds)).await.unwrap();
        }
        let place = since(5).await.unwrap();
        assert_eq!(details(deck.store.events_after(place, 9).await.unwrap().events), ["5"]);
        // Nothing is so new yet: what comes from now on is read.
        let place = since(6).await.unwrap();
        assert_eq!(deck.store.events_after(place, 9).await.unwrap().events, []);
        deck.store.record_refusal(later(7)).await.unwrap();
        assert_eq!(details(deck.store.events_after(place, 9).await.unwrap().events), ["7"]);
    }
}
