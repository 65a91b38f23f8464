package dev.myelin.bindings.loader;

import java.nio.file.Path;
import java.util.List;

/**
 * The ggml build in use.
 *
 * @param directory the folder that holds its libraries
 * @param origin where it was found: {@code myelin.library.path}, {@code GGML_HOME}, {@code jar},
 *     {@code system} or {@code pinned}
 * @param version ggml's own version, for example {@code 0.25.1}
 * @param commit the commit it was built from
 * @param cpuLibrary the selected CPU library
 * @param candidates every CPU library found, with its score; 0 means that it does not run on this
 *     machine
 */
public record GgmlBuild(
    Path directory,
    String origin,
    String version,
    String commit,
    Path cpuLibrary,
    List<CpuLibrary> candidates) {

  /** A CPU library and its score on this machine. */
  public record CpuLibrary(Path file, int score) {}
}
