package dev.myelin.natives;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Linux's {@code /proc/meminfo}. */
public final class MemInfo {
  private static final Pattern AVAILABLE =
      Pattern.compile("^MemAvailable: +(\\d{1,15}) kB$", Pattern.MULTILINE);

  private MemInfo() {}

  /** What this machine reports; empty where there is no such file. */
  public static OptionalLong availableBytes() {
    try {
      return availableBytes(Files.readString(Path.of("/proc/meminfo")));
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  /** Bytes available without swapping, with reclaimable page cache; empty if the text has none. */
  public static OptionalLong availableBytes(String text) {
    Matcher line = AVAILABLE.matcher(text);
    return line.find()
        ? OptionalLong.of(Long.parseLong(line.group(1)) << 10)
        : OptionalLong.empty();
  }
}
