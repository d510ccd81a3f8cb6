//! How a table is used: the numbers that no configuration holds.

/// How an average table is used. The default is a group that plays four hours on one evening a week.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Usage {
    /// Hours in a month that it is on.
    pub hours: f64,
    /// Times in a month that it is started.
    pub starts: f64,
    /// People at it, each with one socket.
    pub players: f64,
    /// Its data, in GB.
    pub data: f64,
    /// The share of its data without access for 30 days.
    pub rare: f64,
    /// Its uploads, in GB.
    pub uploads: f64,
    /// Traffic to its players, in GB a month: maps and sounds that their browsers do not hold yet.
    pub traffic: f64,
    /// What its program prints, in GB a month.
    pub logs: f64,
    /// The share of all tables that are on at the busiest moment of the week.
    pub peak: f64,
    /// How long the rush to that moment is, in seconds: that share is started within it.
    pub rush: f64,
}

impl Default for Usage {
    fn default() -> Self {
        Self {
            hours: 17.3,
            starts: 4.3,
            players: 5.0,
            data: 2.0,
            rare: 0.5,
            uploads: 3.0,
            traffic: 3.0,
            logs: 0.05,
            peak: 0.2,
            rush: 600.0,
        }
    }
}
