package dev.myelin.bindings.loader;

import dev.myelin.bindings.loader.CudaSearch.Driver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The main program of {@link CudaSearchTest}'s processes: searches, and prints what is loaded. */
final class CudaSearchProbe {
  private CudaSearchProbe() {}

  public static void main(String[] args) throws Exception {
    CudaSearch search =
        args.length == 0
            ? once()
            : CudaSearch.find(Path.of(args[0]), new Driver(Path.of(args[1]), args[2]));
    System.out.println(search.absence() + " " + search.reason());
    System.out.println("loaded " + mapped(search.file().getFileName().toString()));
    System.out.println("driver " + mapped("libcuda.so"));
  }

  /** Searches from many threads, which also load libmyelin; all must get the same result. */
  private static CudaSearch once() {
    List<CudaSearch> all =
        IntStream.range(0, 16)
            .parallel()
            .mapToObj(
                i -> {
                  NativeLibraries.load();
                  return CudaSearch.result();
                })
            .toList();
    if (all.stream().anyMatch(s -> s != all.getFirst())) {
      throw new AssertionError("more than one search");
    }
    return all.getFirst();
  }

  private static boolean mapped(String file) throws IOException {
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      return maps.anyMatch(line -> line.contains("/" + file));
    }
  }
}
