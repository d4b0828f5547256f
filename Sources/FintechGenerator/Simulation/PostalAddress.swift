import Primitives

/// A street address as the JSON object of `customers.address` and `merchants.address`.
enum PostalAddress {
  static func draw(city index: Int, _ random: inout SeededRandom) -> [UInt8] {
    let city = City.all[index]
    let country = Country.all[city.country]
    let street = country.names.streets[random.below(country.names.streets.count)]
    let number = UInt64(random.integer(in: 1...180))
    var postcode = ByteWriter()
    country.postcode.withUTF8Buffer { pattern in
      for sign in pattern {
        switch sign {
        case UInt8(ascii: "9"): postcode.append(UInt8(ascii: "0") + UInt8(random.below(10)))
        case UInt8(ascii: "A"): postcode.append(UInt8(ascii: "A") + UInt8(random.below(26)))
        default: postcode.append(sign)
        }
      }
    }
    var out = ByteWriter()
    out.append("{\"line1\":\"")
    if country.names.numberFirst {
      out.append(decimal: number)
      out.append(" ")
    }
    out.append(street)
    if !country.names.numberFirst {
      out.append(" ")
      out.append(decimal: number)
    }
    out.append("\",\"city\":\"")
    out.append(city.name)
    out.append("\",\"postcode\":\"")
    out.append(postcode.bytes)
    out.append("\",\"country\":\"")
    out.append(country.code)
    out.append("\"}")
    return out.bytes.withUnsafeBytes { Array($0) }
  }
}
