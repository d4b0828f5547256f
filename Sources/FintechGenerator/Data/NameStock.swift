/// First names, family names and streets that are common in one language.
struct NameStock: Sendable {
  let first: [StaticString]
  let last: [StaticString]
  let streets: [StaticString]
  /// Whether the house number stands before the street.
  let numberFirst: Bool

  static let english = NameStock(
    first: [
      "James", "Mary", "Robert", "Patricia", "John", "Jennifer", "Michael", "Linda", "David", "Elizabeth", "William",
      "Barbara", "Richard", "Susan", "Joseph", "Jessica", "Thomas", "Karen", "Daniel", "Nancy", "Matthew", "Aisha",
      "Zoë", "Priya", "Wei", "Grace", "Oliver", "Amelia", "Noah", "Chloé",
    ],
    last: [
      "Smith", "Johnson", "Williams", "Brown", "Jones", "Miller", "Davis", "Wilson", "Anderson", "Taylor", "Thomas",
      "Moore", "Martin", "Lee", "Thompson", "White", "Harris", "Clark", "Lewis", "Robinson", "Walker", "Young",
      "O'Neil", "O'Brien", "Patel", "Nguyen", "Khan", "Chen", "Campbell", "Murphy",
    ],
    streets: [
      "High Street", "Station Road", "Main Street", "Church Lane", "Park Avenue", "Victoria Road", "Oak Street",
      "Maple Avenue", "Mill Lane", "King Street", "Queens Road", "Cedar Drive", "Elm Street", "Lake View Terrace",
    ], numberFirst: true)

  static let german = NameStock(
    first: [
      "Anna", "Lukas", "Maria", "Felix", "Sophie", "Paul", "Lena", "Jonas", "Katharina", "Stefan", "Julia", "Jürgen",
      "Sabine", "Thomas", "Ursula", "Matthias", "Claudia", "Björn", "Annika", "Günther",
    ],
    last: [
      "Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker", "Schulz", "Hoffmann",
      "Schäfer", "Koch", "Bauer", "Richter", "Klein", "Wolf", "Schröder", "Neumann", "Krüger", "Weiß",
    ],
    streets: [
      "Hauptstraße", "Bahnhofstraße", "Gartenweg", "Lindenallee", "Schillerstraße", "Goethestraße", "Am Markt",
      "Bergstraße", "Mühlenweg", "Rosenweg",
    ], numberFirst: false)

  static let french = NameStock(
    first: [
      "Camille", "Louis", "Chloé", "Hugo", "Léa", "Jules", "Manon", "Gabriel", "Inès", "Raphaël", "Élodie", "Thomas",
      "Amélie", "François", "Mathilde", "Benoît", "Margaux", "Étienne",
    ],
    last: [
      "Martin", "Bernard", "Dubois", "Thomas", "Robert", "Richard", "Petit", "Durand", "Leroy", "Moreau", "Lefèvre",
      "Fournier", "Girard", "Mercier", "Bonnet", "François", "Gauthier", "Garçon",
    ],
    streets: [
      "Rue de la République", "Rue Victor Hugo", "Avenue Jean Jaurès", "Rue des Écoles", "Place du Marché",
      "Boulevard Voltaire", "Rue du Moulin", "Avenue de la Gare",
    ], numberFirst: true)

  static let spanish = NameStock(
    first: [
      "Lucía", "Hugo", "María", "Mateo", "Martina", "Álvaro", "Sofía", "Pablo", "Carmen", "Javier", "Elena", "José",
      "Begoña", "Andrés", "Inés", "Raúl", "Nuria", "Íñigo",
    ],
    last: [
      "García", "Fernández", "González", "Rodríguez", "López", "Martínez", "Sánchez", "Pérez", "Gómez", "Muñoz",
      "Ibáñez", "Díaz", "Álvarez", "Romero", "Navarro", "Peña", "Núñez", "Ortega",
    ],
    streets: [
      "Calle Mayor", "Calle Real", "Avenida de la Constitución", "Calle del Sol", "Paseo del Prado", "Plaza España",
      "Calle Nueva", "Gran Vía",
    ], numberFirst: false)

  static let italian = NameStock(
    first: [
      "Giulia", "Leonardo", "Francesca", "Alessandro", "Chiara", "Lorenzo", "Martina", "Matteo", "Elisa", "Niccolò",
      "Sara", "Davide", "Valentina", "Giuseppe", "Noemi", "Marco",
    ],
    last: [
      "Rossi", "Russo", "Ferrari", "Esposito", "Bianchi", "Romano", "Colombo", "Ricci", "Marino", "Greco", "Bruno",
      "Gallo", "Conti", "De Luca", "Costa", "D'Angelo",
    ],
    streets: [
      "Via Roma", "Via Garibaldi", "Corso Italia", "Via Dante", "Piazza San Marco", "Via Mazzini", "Viale Europa",
      "Via Verdi",
    ], numberFirst: false)

  static let dutch = NameStock(
    first: [
      "Emma", "Daan", "Sanne", "Sem", "Lotte", "Bram", "Fleur", "Thijs", "Anouk", "Joost", "Femke", "Maarten", "Noor",
      "Ruben",
    ],
    last: [
      "de Jong", "Jansen", "de Vries", "van den Berg", "Bakker", "van Dijk", "Visser", "Smit", "Meijer", "de Boer",
      "Mulder", "Bos", "Peters", "Hendriks",
    ],
    streets: ["Dorpsstraat", "Kerkstraat", "Molenweg", "Schoolstraat", "Stationsweg", "Julianalaan", "Prinsengracht"],
    numberFirst: false)

  static let swedish = NameStock(
    first: [
      "Astrid", "Erik", "Elsa", "Lars", "Maja", "Oskar", "Åsa", "Nils", "Linnéa", "Göran", "Karin", "Björn", "Ebba",
      "Hjalmar",
    ],
    last: [
      "Andersson", "Johansson", "Karlsson", "Nilsson", "Eriksson", "Larsson", "Olsson", "Persson", "Sjöberg",
      "Lindström", "Åkesson", "Bergström", "Holmgren", "Öberg",
    ],
    streets: ["Storgatan", "Kungsgatan", "Drottninggatan", "Skolgatan", "Kyrkogatan", "Parkvägen", "Ängsvägen"],
    numberFirst: false)

  static let portuguese = NameStock(
    first: [
      "Maria", "João", "Leonor", "Francisco", "Matilde", "Afonso", "Beatriz", "Tomás", "Inês", "Gonçalo", "Sofia",
      "Diogo", "Conceição", "Rui",
    ],
    last: [
      "Silva", "Santos", "Ferreira", "Pereira", "Oliveira", "Costa", "Rodrigues", "Martins", "Sousa", "Gonçalves",
      "Araújo", "Magalhães", "Simões", "Brandão",
    ],
    streets: [
      "Rua Augusta", "Avenida da Liberdade", "Rua do Comércio", "Rua das Flores", "Praça da República", "Rua Nova",
      "Travessa do Carmo",
    ], numberFirst: false)
}
