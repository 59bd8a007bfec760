//! Every scenario that comes with Ringfence holds; mistakes in files are told with their place.

mod catalogue;
mod crash;
mod mistakes;

use ringfence_messages::Lang;
use ringfence_phone::dialog::Frame;
use ringfence_scenario::{Database, Options, find, run};

/// Plays a scenario and demands that it holds.
fn play(name: &str, lang: Lang, database: &Database) {
    for scenario in find(name).unwrap() {
        let verdict = run(&scenario, &Options { lang, database: database.clone() });
        assert!(verdict.holds, "\n{}", verdict.transcript(Frame::Unicode));
    }
}

mod sqlite_english {
    fn holds(name: &str) {
        super::play(name, super::Lang::En, &super::Database::Sqlite);
    }

    mod each {
        include!(concat!(env!("OUT_DIR"), "/tests.rs"));
    }
}

mod sqlite_dutch {
    fn holds(name: &str) {
        super::play(name, super::Lang::Nl, &super::Database::Sqlite);
    }

    mod each {
        include!(concat!(env!("OUT_DIR"), "/tests.rs"));
    }
}

mod postgres {
    fn holds(name: &str) {
        let Ok(url) = std::env::var("RINGFENCE_TEST_POSTGRES") else {
            println!("skipped on PostgreSQL: RINGFENCE_TEST_POSTGRES is not set");
            return;
        };
        super::play(name, super::Lang::En, &super::Database::Postgres(url));
    }

    mod each {
        include!(concat!(env!("OUT_DIR"), "/tests.rs"));
    }
}
