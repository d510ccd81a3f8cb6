use super::*;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

fn size(millis: u32, bytes: u64) -> Option<(u32, u32)> {
    let limits = Limits { cpu_millis: Some(millis), memory: Some(bytes), disk: None };
    TaskSize::of(&limits, &AwsConfig::default()).ok().map(|size| (size.cpu, size.memory))
}

#[test]
fn every_row_is_rounded_up_to_what_is_sold() {
    for (millis, bytes, cpu, memory) in [
        (0, 0, 256, 512),
        (250, 512 * MIB, 256, 512),
        (250, 512 * MIB + 1, 256, 1024),
        (250, GIB + 1, 256, 2048),
        (250, 2 * GIB + 1, 512, 3072),
        (251, 512 * MIB, 512, 1024),
        (500, 4 * GIB, 512, 4096),
        (500, 4 * GIB + 1, 1024, 5120),
        (501, GIB, 1024, 2048),
        (1000, 2 * GIB, 1024, 2048),
        (1000, 8 * GIB, 1024, 8192),
        (1000, 9 * GIB, 2048, 9216),
        (1001, GIB, 2048, 4096),
        (2000, 16 * GIB, 2048, 16_384),
        (2001, GIB, 4096, 8192),
        (4000, 30 * GIB, 4096, 30_720),
        (4000, 31 * GIB, 8192, 32_768),
        (4001, 17 * GIB, 8192, 20_480),
        (8000, 60 * GIB, 8192, 61_440),
        (8000, 61 * GIB, 16_384, 65_536),
        (8001, GIB, 16_384, 32_768),
        (16_000, 120 * GIB, 16_384, 122_880),
    ] {
        assert_eq!(size(millis, bytes), Some((cpu, memory)), "{millis} thousandths, {bytes} bytes");
    }
}

#[test]
fn what_nobody_sells_is_said_so() {
    for (millis, bytes) in [(16_001, GIB), (1000, 121 * GIB), (u32::MAX, u64::MAX)] {
        assert_eq!(size(millis, bytes), None);
    }
    let limits = Limits { memory: Some(121 * GIB), ..Limits::default() };
    let error = TaskSize::of(&limits, &AwsConfig::default()).unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Invalid, false));
    assert!(error.for_people().contains("120 GiB"));
}

#[test]
fn what_is_not_limited_is_as_the_configuration_says() {
    let size = TaskSize::of(&Limits::default(), &AwsConfig::default()).unwrap();
    assert_eq!((size.cpu, size.memory), (1024, 2048));
}
