package dev.myelin.bindings;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Explains why this system is too old for a library that the dynamic linker has refused. */
final class SystemVersions {
  private static final String GLIBC = "GLIBC_";
  private static final String GLIBCXX = "GLIBCXX_";
  private static final String CPP_LIBRARY = "libstdc++.so.6";

  private SystemVersions() {}

  /** What the library needs and this system lacks; empty if it lacks nothing. */
  static Optional<String> explain(Path library) {
    try {
      SymbolVersions versions = SymbolVersions.of(library);
      Optional<String> c = versions.highestNeeded(GLIBC);
      Optional<String> reason = c.flatMap(v -> lacksGlibc(v, glibc()));
      return reason.isPresent() || versions.highestNeeded(GLIBCXX).isEmpty()
          ? reason
          : lacksCppLibrary(versions.highestNeeded(GLIBCXX).get(), cppLibrary());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  static Optional<String> lacksGlibc(String needed, Optional<String> present) {
    if (present.isEmpty()) {
      return Optional.of(
          "it needs glibc " + needed + " or newer, this system has another C library");
    }
    return SymbolVersions.compare(present.get(), needed) >= 0
        ? Optional.empty()
        : Optional.of("it needs glibc " + needed + " or newer, this system has " + present.get());
  }

  static Optional<String> lacksCppLibrary(String needed, Optional<String> present) {
    if (present.isEmpty()) {
      return Optional.of(
          "it needs " + CPP_LIBRARY + " with GLIBCXX_" + needed + ", this system has none");
    }
    return SymbolVersions.compare(present.get(), needed) >= 0
        ? Optional.empty()
        : Optional.of(
            "it needs a libstdc++ with GLIBCXX_%s or newer, that of this system has GLIBCXX_%s"
                .formatted(needed, present.get()));
  }

  /** The version of glibc; empty with another C library. */
  static Optional<String> glibc() {
    return NativeSymbols.callString(Linker.nativeLinker().defaultLookup(), "gnu_get_libc_version");
  }

  /** The highest GLIBCXX version of the system's C++ library; empty if there is none. */
  static Optional<String> cppLibrary() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup.libraryLookup(CPP_LIBRARY, arena);
      for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
        int path = line.indexOf('/');
        if (path >= 0 && line.substring(path).contains("/libstdc++.so")) {
          return SymbolVersions.of(Path.of(line.substring(path))).highestDefined(GLIBCXX);
        }
      }
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
