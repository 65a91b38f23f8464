package dev.myelin.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Resident memory of a process, on Linux. */
final class ProcessMemory {
  private ProcessMemory() {}

  /**
   * Peak resident memory, with mapped files; null where unknown.
   *
   * @param process its number, or {@code self}
   */
  static Long peakBytes(String process) {
    return bytes(process, "VmHWM");
  }

  /** Resident memory now. */
  static Long bytes(String process) {
    return bytes(process, "VmRSS");
  }

  private static Long bytes(String process, String field) {
    try {
      String status = Files.readString(Path.of("/proc", process, "status"));
      Matcher value = Pattern.compile("(?m)^" + field + ":\\s+(\\d{1,15}) kB$").matcher(status);
      return value.find() ? Long.parseLong(value.group(1)) * 1024 : null;
    } catch (IOException e) {
      return null; // the process has ended, or not Linux
    }
  }
}
