package dev.myelin.model;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.natives.MemInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How many bytes of weights to keep in memory if they do not fit there. */
final class ResidentWeights {
  /** {@code all}, or megabytes to keep. */
  static final String VARIABLE = "MYELIN_RESIDENT_MB";

  private static final Pattern V2 = Pattern.compile("(?m)^0::(/.*)$");
  private static final Pattern V1 =
      Pattern.compile("(?m)^\\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(/.*)$");

  /** Weights up to this share of the available memory are not streamed. */
  private static final double FITS = 0.9;

  /** The rest is for the cache of the session, its buffers and the heap ... */
  private static final double KEPT = 0.75;

  /** ... and for what is read ahead. */
  private static final long AHEAD = 128L << 20;

  private final Path proc;
  private final Path cgroups;

  /**
   * @param proc Linux's /proc
   * @param cgroups /sys/fs/cgroup
   */
  ResidentWeights(Path proc, Path cgroups) {
    this.proc = proc;
    this.cgroups = cgroups;
  }

  /** The limit on this machine; empty if the weights fit, or where memory is unknown. */
  static OptionalLong limit(long bytes) {
    String setting = System.getenv(VARIABLE);
    return setting == null
        ? new ResidentWeights(Path.of("/proc"), Path.of("/sys/fs/cgroup")).limitOf(bytes)
        : limit(setting);
  }

  static OptionalLong limit(String setting) {
    if (setting.equals("all")) {
      return OptionalLong.empty();
    }
    if (!setting.matches("\\d{1,9}")) {
      throw new InvalidRequestException(VARIABLE + " " + setting + ": expected megabytes, or all");
    }
    return OptionalLong.of(Long.parseLong(setting) * 1_000_000);
  }

  OptionalLong limitOf(long bytes) {
    OptionalLong free = MemInfo.availableBytes(read(proc.resolve("meminfo")));
    if (free.isEmpty()) {
      return OptionalLong.empty();
    }
    String groups = read(proc.resolve("self/cgroup"));
    long available =
        Math.min(
            free.getAsLong(),
            Math.min(
                groupLimit(V2.matcher(groups), cgroups, "memory.max"),
                groupLimit(
                    V1.matcher(groups), cgroups.resolve("memory"), "memory.limit_in_bytes")));
    return bytes <= available * FITS
        ? OptionalLong.empty()
        : OptionalLong.of(Math.max(0, (long) (available * KEPT) - AHEAD));
  }

  /** The least limit of a control group and those above it. */
  private static long groupLimit(Matcher group, Path root, String file) {
    long limit = Long.MAX_VALUE;
    if (group.find()) {
      Path folder = root.resolve(group.group(1).substring(1)).normalize();
      while (folder != null && folder.startsWith(root)) {
        String text = read(folder.resolve(file)).strip();
        if (text.matches("\\d{1,18}")) { // else "max", or not visible in this container
          limit = Math.min(limit, Long.parseLong(text));
        }
        folder = folder.getParent();
      }
    }
    return limit;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }
}
