//! How many segments a text takes: GSM 03.38 with its extension table, else UCS-2.

const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// The number of segments Twilio bills for this text (1 for an empty one).
pub fn count(body: &str) -> u32 {
    let sizes: Option<Vec<u32>> = body
        .chars()
        .map(|c| {
            if BASIC.contains(c) {
                Some(1)
            } else {
                EXTENSION.contains(c).then_some(2)
            }
        })
        .collect();
    match sizes {
        Some(sizes) => parts(&sizes, 160, 153),
        None => {
            let sizes: Vec<u32> = body
                .chars()
                .map(|c| if c.len_utf16() == 2 { 2 } else { 1 })
                .collect();
            parts(&sizes, 70, 67)
        }
    }
}

/// Fills parts without splitting a pair over two of them.
fn parts(sizes: &[u32], single: u32, concatenated: u32) -> u32 {
    if sizes.iter().sum::<u32>() <= single {
        return 1;
    }
    let (mut parts, mut used) = (1, 0);
    for size in sizes {
        if used + size > concatenated {
            parts += 1;
            used = 0;
        }
        used += size;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_figures_hold() {
        assert_eq!(count(&"a".repeat(160)), 1);
        assert_eq!(count(&"a".repeat(161)), 2);
        assert_eq!(count(&"a".repeat(307)), 3);
        assert_eq!(count(&format!("|{}", "a".repeat(158))), 1);
        assert_eq!(count(&format!("|{}", "a".repeat(159))), 2);
        assert_eq!(count(&"ú".repeat(70)), 1);
        assert_eq!(count(&"ú".repeat(71)), 2);
        assert_eq!(count(&format!("😜{}", "a".repeat(68))), 1);
        assert_eq!(count(&format!("😜{}", "a".repeat(69))), 2);
    }
}
