package dev.myelin.bindings;

import java.util.Locale;

/**
 * The operating system and processor.
 *
 * @param ggmlName how the pinned ggml packages name it, for example {@code linux-x64}
 * @param multiarch Debian's name of its library folder, for example {@code x86_64-linux-gnu}
 * @param classifier of the natives jar, for example {@code linux-x86_64}
 */
public record Platform(String ggmlName, String multiarch, String classifier) {
  public static Platform current() {
    return of(System.getProperty("os.name"), System.getProperty("os.arch"));
  }

  static Platform of(String osName, String osArch) {
    String os = osName.toLowerCase(Locale.ROOT);
    String arch =
        switch (osArch.toLowerCase(Locale.ROOT)) {
          case "amd64", "x86_64" -> "x64";
          case "aarch64", "arm64" -> "arm64";
          case "arm" -> "armv7l";
          case "riscv64" -> "riscv64";
          default -> throw unsupported(osName, osArch);
        };
    String cpu = arch.equals("x64") ? "x86_64" : arch.equals("arm64") ? "aarch64" : arch;
    if (os.startsWith("linux")) {
      String abi = arch.equals("armv7l") ? "arm-linux-gnueabihf" : cpu + "-linux-gnu";
      return new Platform("linux-" + arch, abi, "linux-" + cpu);
    }
    if (os.startsWith("mac")) {
      String name = arch.equals("arm64") ? "mac-arm64-metal" : "mac-x64";
      return new Platform(name, "", "macos-" + cpu);
    }
    if (os.startsWith("windows")) {
      return new Platform("win-" + arch, "", "windows-" + cpu);
    }
    throw unsupported(osName, osArch);
  }

  private static NativeLoadException unsupported(String os, String arch) {
    return new NativeLoadException("no native libraries for " + os + " on " + arch);
  }
}
