//! One round's figures, and several rounds' median and spread.

/// What one round of one server gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Round {
    /// Requests answered.
    pub requests: u64,
    /// Requests in a second.
    pub per_second: f64,
    /// CPU time of the server for one request, in microseconds.
    pub cpu_micros: f64,
    /// Half the requests took at most so long.
    pub p50_millis: f64,
    /// 99 of 100 requests took at most so long.
    pub p99_millis: f64,
}

/// The median; 0 of nothing.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let upper = values.len() / 2;
    let lower = values.len().saturating_sub(1) / 2;
    match (values.get(lower), values.get(upper)) {
        (Some(lower), Some(upper)) => f64::midpoint(*lower, *upper),
        _ => 0.0,
    }
}

/// Half the distance between the smallest and the largest, in percent of the median.
pub fn spread(values: impl IntoIterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.into_iter().collect();
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let middle = median(values);
    if middle == 0.0 {
        0.0
    } else {
        (high - low) / 2.0 / middle * 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle_and_the_spread_around_it() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0]), 2.5);
        assert_eq!(median([]), 0.0);
        assert_eq!(spread([90.0, 100.0, 110.0]), 10.0);
        assert_eq!(spread([]), 0.0);
    }
}
