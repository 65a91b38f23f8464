import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** Prints the manifest of a folder of native libraries: Manifest FOLDER VERSION PLATFORM. */
class Manifest {
  private static final int ID_DIGITS = 16;

  public static void main(String[] args) throws Exception {
    StringBuilder text = new StringBuilder();
    text.append("# file BYTES CRC32C SHA256 NAME; licences: LICENSE-ggml here, and META-INF\n");
    text.append("version ").append(args[1]).append('\n');
    text.append("platform ").append(args[2]).append('\n');
    for (Path file : libraries(Path.of(args[0]))) {
      byte[] bytes = Files.readAllBytes(file);
      CRC32C crc = new CRC32C();
      crc.update(bytes);
      text.append(
          String.format(
              Locale.ROOT,
              "file %d %08x %s %s\n",
              bytes.length,
              crc.getValue(),
              sha256(bytes),
              file.getFileName()));
    }
    String id = sha256(text.toString().getBytes(StandardCharsets.UTF_8)).substring(0, ID_DIGITS);
    text.append("folder ").append(args[1] + "-" + args[2] + "-" + id).append('\n');
    System.out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    System.out.flush();
  }

  private static List<Path> libraries(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(f -> f.getFileName().toString().matches(".*\\.(so|dylib|dll)"))
          .sorted()
          .toList();
    }
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
