import Primitives

extension CustomerProfile {
  /// Name, mail, phone, birthday and address of a customer who lives in `city`. Mail goes to domains reserved for
  /// examples (RFC 2606), with random digits that keep it unique across runs.
  init(id: RowID, city: Int, start: SimulatedTime, _ random: inout SeededRandom) {
    let country = Country.all[City.all[city].country]
    let first = country.names.first[random.below(country.names.first.count)]
    let last = country.names.last[random.below(country.names.last.count)]
    let domains: [StaticString] = ["example.com", "example.net", "example.org"]
    let domain = domains[random.below(domains.count)]
    firstName = first
    lastName = last
    email = bytes {
      $0.append(CustomerProfile.plain(first))
      $0.append(".")
      $0.append(CustomerProfile.plain(last))
      $0.append(".")
      RowID.append(id.low, digits: 10, to: &$0)
      $0.append("@")
      $0.append(domain)
    }
    let number = UInt64(random.below(10_000_000))
    phoneNumber =
      random.chance(0.08)
      ? nil
      : bytes {
        $0.append(country.diallingCode)
        $0.append(" 555 ")
        $0.append(decimal: number / 10_000, width: 3)
        $0.append(" ")
        $0.append(decimal: number % 10_000, width: 4)
      }
    let today = floorDivide(start.unixSeconds, 86_400)
    // Eighteen to ninety years old.
    dateOfBirth = CalendarDay(daysSince1970: today - Int64(random.integer(in: 6_575...32_870)))
    postalAddress = PostalAddress.draw(city: city, &random)
    let score = Int((700 + 75 * random.normal()).rounded())
    creditScore = random.chance(0.05) ? nil : min(max(score, 300), 850)
    isVerified = random.chance(0.95)
  }

  /// Lower-case ASCII letters of a name, for an address.
  private static func plain(_ name: StaticString) -> [UInt8] {
    bytes { writer in
      for scalar in name.description.lowercased().unicodeScalars {
        switch scalar {
        case "a"..."z": writer.append(UInt8(scalar.value))
        case "á", "à", "â", "ã", "å": writer.append("a")
        case "ä", "æ": writer.append("ae")
        case "ç": writer.append("c")
        case "é", "è", "ê", "ë": writer.append("e")
        case "í", "ì", "î", "ï": writer.append("i")
        case "ñ": writer.append("n")
        case "ó", "ò", "ô", "õ", "ø": writer.append("o")
        case "ö": writer.append("oe")
        case "ß": writer.append("ss")
        case "ú", "ù", "û": writer.append("u")
        case "ü": writer.append("ue")
        default: break
        }
      }
    }
  }
}
