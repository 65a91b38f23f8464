package dev.myelin.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.bindings.cuda.CudaFunctions;
import dev.myelin.bindings.cuda.Cuda_h;
import dev.myelin.bindings.ggml.GgmlFunctions;
import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.kernels.MyelinFunctions;
import dev.myelin.bindings.kernels.Myelin_h;
import dev.myelin.bindings.llama.LlamaFunctions;
import dev.myelin.bindings.llama.Llama_h;
import dev.myelin.bindings.loader.CudaSearch;
import dev.myelin.bindings.loader.NativeLibraries;
import dev.myelin.bindings.peer.LlamaCpp;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The generated bindings contain exactly what the allow-lists name, under the same names. */
class BoundSymbolsTest {
  private static final Pattern LINE = Pattern.compile("--include-(\\w+) (\\w+)");

  /** A library's bindings and its allow-list. */
  private enum Library {
    GGML("ggml", Ggml_h.class, GgmlFunctions.NAMES),
    LLAMA("llama", Llama_h.class, LlamaFunctions.NAMES),
    MYELIN("myelin", Myelin_h.class, MyelinFunctions.NAMES),
    CUDA("myelin-cuda", Cuda_h.class, CudaFunctions.NAMES);

    private final String list;
    private final Class<?> bindings;

    private final List<String> functions;

    Library(String list, Class<?> bindings, List<String> functions) {
      this.list = list;
      this.bindings = bindings;
      this.functions = functions;
    }

    void load() {
      NativeLibraries.load();
      if (this == LLAMA) {
        assumeTrue(LlamaCpp.isAvailable(), "skipped: no libllama beside the ggml in use");
        LlamaCpp.load();
      } else if (this == CUDA) {
        // It can be loaded without a driver, and then has no device.
        Path file = CudaSearch.result().file();
        assumeTrue(Files.exists(file), "skipped: no libmyelin-cuda, `make cuda` builds it");
        NativeSymbols.open(file);
      }
    }

    /** Names of one kind in the allow-list: function, struct, constant, typedef. */
    Set<String> listed(String kind) throws IOException {
      Set<String> names = new TreeSet<>();
      Path file = NativeLibraries.home().resolve("bindings/symbols").resolve(list + ".txt");
      for (String line : Files.readAllLines(file)) {
        if (line.isBlank() || line.startsWith("#")) {
          continue;
        }
        Matcher m = LINE.matcher(line);
        assertThat(m.matches()).as("line \"%s\" of %s", line, file).isTrue();
        if (m.group(1).equals(kind)) {
          assertThat(names.add(m.group(2))).as("%s listed once in %s", line, file).isTrue();
        }
      }
      return names;
    }
  }

  @BeforeAll
  static void load() {
    NativeLibraries.load();
  }

  @ParameterizedTest
  @EnumSource
  void bindsEachListedFunctionToItsSymbol(Library library) throws Exception {
    library.load();
    TreeMap<Long, String> seen = new TreeMap<>();
    for (String name : library.listed("function")) {
      MemorySegment bound = (MemorySegment) method(library, name + "$address").invoke(null);
      MemorySegment symbol = NativeSymbols.lookup().findOrThrow(name);
      assertThat(bound.address()).as(name).isNotZero().isEqualTo(symbol.address());
      String other = seen.put(bound.address(), name);
      assertThat(other).as("%s is bound to the code of another function", name).isNull();
      var descriptor = (FunctionDescriptor) method(library, name + "$descriptor").invoke(null);
      assertThat(descriptor).as(name).isNotNull();
    }
    assertThat(seen).isNotEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void bindsOnlyListedFunctions(Library library) throws IOException {
    Set<String> bound = new TreeSet<>();
    for (Method m : library.bindings.getMethods()) {
      if (m.getName().endsWith("$address")) {
        bound.add(m.getName().replace("$address", ""));
      }
    }
    assertThat(bound).isEqualTo(library.listed("function"));
    assertThat(library.functions).as("what the loader looks for").hasSameElementsAs(bound);
  }

  @ParameterizedTest
  @EnumSource
  void hasEachListedConstantAndStruct(Library library) throws Exception {
    for (String name : library.listed("constant")) {
      assertThat(method(library, name).invoke(null)).as(name).isNotNull();
    }
    for (String kind : new String[] {"struct", "typedef"}) {
      for (String name : library.listed(kind)) {
        assertThat(Class.forName(library.bindings.getPackageName() + "." + name)).isNotNull();
      }
    }
  }

  private static Method method(Library library, String name) {
    return Arrays.stream(library.bindings.getMethods())
        .filter(m -> m.getName().equals(name) && m.getParameterCount() == 0)
        .findFirst()
        .orElseThrow(() -> new AssertionError(library.bindings + " has no " + name));
  }
}
