/// What `java.text.SimpleDateFormat` of Java 17 made of instants and of texts, in UTC and English.
enum RecordedDates {
  /// In the order of a pattern's texts.
  static let instants: [Int64] = [
    0, 1704164645006, -1, -12219292800000, -12219292800001, -62135769600000, -62135769600001, 951782399999,
    253402300800000, 1735689599999, -2208988800000, 86399999, 43200000,
  ]

  static let formatted: [(pattern: String, texts: [String])] = [
    (
      "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'",
      [
        "1970-01-01T00:00:00.000Z", "2024-01-02T03:04:05.006Z", "1969-12-31T23:59:59.999Z", "1582-10-15T00:00:00.000Z",
        "1582-10-04T23:59:59.999Z", "0001-01-01T00:00:00.000Z", "0001-12-31T23:59:59.999Z", "2000-02-28T23:59:59.999Z",
        "10000-01-01T00:00:00.000Z", "2024-12-31T23:59:59.999Z", "1900-01-01T00:00:00.000Z", "1970-01-01T23:59:59.999Z",
        "1970-01-01T12:00:00.000Z",
      ]
    ),
    (
      "yyyyMMdd",
      [
        "19700101", "20240102", "19691231", "15821015", "15821004", "00010101", "00011231", "20000228", "100000101",
        "20241231", "19000101", "19700101", "19700101",
      ]
    ),
    (
      "yy/M/d h:mm a",
      [
        "70/1/1 12:00 AM", "24/1/2 3:04 AM", "69/12/31 11:59 PM", "82/10/15 12:00 AM", "82/10/4 11:59 PM",
        "01/1/1 12:00 AM", "01/12/31 11:59 PM", "00/2/28 11:59 PM", "00/1/1 12:00 AM", "24/12/31 11:59 PM",
        "00/1/1 12:00 AM", "70/1/1 11:59 PM", "70/1/1 12:00 PM",
      ]
    ),
    (
      "EEE, d MMM yyyy HH:mm:ss z",
      [
        "Thu, 1 Jan 1970 00:00:00 UTC", "Tue, 2 Jan 2024 03:04:05 UTC", "Wed, 31 Dec 1969 23:59:59 UTC",
        "Fri, 15 Oct 1582 00:00:00 UTC", "Thu, 4 Oct 1582 23:59:59 UTC", "Sat, 1 Jan 0001 00:00:00 UTC",
        "Fri, 31 Dec 0001 23:59:59 UTC", "Mon, 28 Feb 2000 23:59:59 UTC", "Sat, 1 Jan 10000 00:00:00 UTC",
        "Tue, 31 Dec 2024 23:59:59 UTC", "Mon, 1 Jan 1900 00:00:00 UTC", "Thu, 1 Jan 1970 23:59:59 UTC",
        "Thu, 1 Jan 1970 12:00:00 UTC",
      ]
    ),
    (
      "EEEE MMMM dd yyyyy G",
      [
        "Thursday January 01 01970 AD", "Tuesday January 02 02024 AD", "Wednesday December 31 01969 AD",
        "Friday October 15 01582 AD", "Thursday October 04 01582 AD", "Saturday January 01 00001 AD",
        "Friday December 31 00001 BC", "Monday February 28 02000 AD", "Saturday January 01 10000 AD",
        "Tuesday December 31 02024 AD", "Monday January 01 01900 AD", "Thursday January 01 01970 AD",
        "Thursday January 01 01970 AD",
      ]
    ),
    (
      "DDD k K u",
      [
        "001 24 0 4", "002 3 3 2", "365 23 11 3", "278 24 0 5", "277 23 11 4", "001 24 0 6", "366 23 11 5",
        "059 23 11 1", "001 24 0 6", "366 23 11 2", "001 24 0 1", "001 23 11 4", "001 12 0 4",
      ]
    ),
    (
      "yyyy.MM.dd HH:mm:ssXXX",
      [
        "1970.01.01 00:00:00Z", "2024.01.02 03:04:05Z", "1969.12.31 23:59:59Z", "1582.10.15 00:00:00Z",
        "1582.10.04 23:59:59Z", "0001.01.01 00:00:00Z", "0001.12.31 23:59:59Z", "2000.02.28 23:59:59Z",
        "10000.01.01 00:00:00Z", "2024.12.31 23:59:59Z", "1900.01.01 00:00:00Z", "1970.01.01 23:59:59Z",
        "1970.01.01 12:00:00Z",
      ]
    ),
    (
      "X XX Z zzzz",
      [
        "Z Z +0000 Coordinated Universal Time", "Z Z +0000 Coordinated Universal Time",
        "Z Z +0000 Coordinated Universal Time", "Z Z +0000 Coordinated Universal Time",
        "Z Z +0000 Coordinated Universal Time", "Z Z +0000 Coordinated Universal Time",
        "Z Z +0000 Coordinated Universal Time", "Z Z +0000 Coordinated Universal Time",
        "Z Z +0000 Coordinated Universal Time", "Z Z +0000 Coordinated Universal Time",
        "Z Z +0000 Coordinated Universal Time", "Z Z +0000 Coordinated Universal Time",
        "Z Z +0000 Coordinated Universal Time",
      ]
    ),
    (
      "''yyyy'' 'o''clock'",
      [
        "'1970' o'clock", "'2024' o'clock", "'1969' o'clock", "'1582' o'clock", "'1582' o'clock", "'0001' o'clock",
        "'0001' o'clock", "'2000' o'clock", "'10000' o'clock", "'2024' o'clock", "'1900' o'clock", "'1970' o'clock",
        "'1970' o'clock",
      ]
    ),
    (
      "y L LLL LLLL",
      [
        "1970 1 Jan January", "2024 1 Jan January", "1969 12 Dec December", "1582 10 Oct October",
        "1582 10 Oct October", "1 1 Jan January", "1 12 Dec December", "2000 2 Feb February", "10000 1 Jan January",
        "2024 12 Dec December", "1900 1 Jan January", "1970 1 Jan January", "1970 1 Jan January",
      ]
    ),
    (
      "SSSSSS S SS",
      [
        "000000 0 00", "000006 6 06", "000999 999 999", "000000 0 00", "000999 999 999", "000000 0 00",
        "000999 999 999", "000999 999 999", "000000 0 00", "000999 999 999", "000000 0 00", "000999 999 999",
        "000000 0 00",
      ]
    ),
    (
      "E a G",
      [
        "Thu AM AD", "Tue AM AD", "Wed PM AD", "Fri AM AD", "Thu PM AD", "Sat AM AD", "Fri PM BC", "Mon PM AD",
        "Sat AM AD", "Tue PM AD", "Mon AM AD", "Thu PM AD", "Thu PM AD",
      ]
    ),
    (
      "yyy MMMMM hh",
      [
        "1970 January 12", "2024 January 03", "1969 December 11", "1582 October 12", "1582 October 11",
        "001 January 12", "001 December 11", "2000 February 11", "10000 January 12", "2024 December 11",
        "1900 January 12", "1970 January 11", "1970 January 12",
      ]
    ),
  ]

  /// Pattern, text, and milliseconds since 1970; `nil` where the text was refused.
  static let parsed: [(pattern: String, text: String, milliseconds: Int64?)] = [
    ("yyyy-MM-dd", "2024-01-02", 1704153600000),
    ("yyyy-MM-dd", "2024-1-2xyz", 1704153600000),
    ("yyyy-MM-dd", "2024-13-45", 1739491200000),
    ("yyyy-MM-dd", "24-1-2", -61409923200000),
    ("yyyy-MM-dd", " 2024- 01-02", 1704153600000),
    ("yyyy-MM-dd", "2024/01/02", nil),
    ("yyyyMMdd", "20240102", 1704153600000),
    ("yyyyMMdd", "2024012", 1704153600000),
    ("yyyyMMddHHmmss", "20240102030405", 1704164645000),
    ("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "2024-01-02T03:04:05.006Z", 1704164645006),
    ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2024-01-02T03:04:05.006+05:30", 1704144845006),
    ("yyyy-MM-dd'T'HH:mm:ssX", "2024-01-02T03:04:05Z", 1704164645000),
    ("yyyy-MM-dd'T'HH:mm:ssX", "2024-01-02T03:04:05+0530", 1704146645000),
    ("yyyy-MM-dd'T'HH:mm:ssXX", "2024-01-02T03:04:05+0530", 1704144845000),
    ("yyyy-MM-dd'T'HH:mm:ssXXX", "2024-01-02T03:04:05.123456Z", nil),
    ("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'", "2024-01-02T03:04:05.123456Z", 1704164768456),
    ("d MMM yyyy h:mm a", "2 jan 2024 12:30 pm", 1704198600000),
    ("d MMMM yyyy", "2 JANUARY 2024", 1704153600000),
    ("d MMM yyyy", "2 January 2024", 1704153600000),
    ("EEE, d MMM yyyy HH:mm:ss z", "Tue, 02 Jan 2024 03:04:05 GMT", 1704164645000),
    ("EEE, d MMM yyyy HH:mm:ss Z", "Mon, 02 Jan 2024 03:04:05 -0330", 1704177245000),
    ("yyyy-MM-dd HH:mm:ss z", "2024-01-02 03:04:05 GMT+01:00", 1704161045000),
    ("yyyy-MM-dd HH:mm z", "2024-01-02 03:04 UTC", 1704164640000),
    ("HH:mm:ss", "25:61:61", 93721000),
    ("yyyy-DDD", "2024-366", 1735603200000),
    ("yyyy G", "44 BC", -63524304000000),
    ("yyyy", "-5", -62325158400000),
    ("yyyy-MM-dd", "1582-10-04", -12219379200000),
    ("yyyy-MM-dd", "1582-10-15", -12219292800000),
    ("yyyy-MM-dd", "1582-10-10", -12218860800000),
    ("yyyy-MM-dd", "1000-02-29", -30604694400000),
    ("yyyy-MM-dd", "0000-00-00", -62170156800000),
    ("kk:mm", "24:10", 600000),
    ("hh:mm", "13:10", 47400000),
    ("yyyy-MM-dd", "", nil),
    ("HH:mm 'on' yyyy", "03:04 on 2024", 1704078240000),
    ("yyyy-MM-dd", "2024-02-30", 1709251200000),
    ("dMMMyyyy", "2Feb2024", 1706832000000),
    ("mm:ss.S", "01:02.5", 62005),
    ("yyyy-MM-dd", "9999999999-01-01", 7603816050904096768),
  ]
}
