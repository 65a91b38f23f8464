package dev.myelin.deploy;

import dev.myelin.error.MyelinException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.GgufFile;
import dev.myelin.graph.Backend;
import dev.myelin.model.Model;
import dev.myelin.testing.Logits;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Main program of {@link OutOfMemoryTest}'s child processes. */
final class OutOfMemoryProbe {
  private static final int RLIMIT_AS = 9;
  private static final long PAGE = 4096;
  private static final long UNLIMITED = -1;
  private static final long MIN_BYTES = 1 << 20;

  private static final MethodHandle SETRLIMIT =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("setrlimit"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
  private static final MemorySegment LIMIT = Arena.global().allocate(2 * Long.BYTES);

  private OutOfMemoryProbe() {}

  public static void main(String[] args) throws Throwable {
    if (args[0].equals("mapping")) {
      mapping(Path.of(args[1]));
      return;
    }
    try (Model model = Model.load(Path.of(args[1]))) {
      if (args[0].equals("steps")) {
        steps(model);
      } else {
        threads(model);
      }
    }
  }

  private static void mapping(Path file) throws Throwable {
    limitAddressSpace(100 << 20);
    try (GgufFile opened = GgufFile.open(file)) {
      System.out.println("opened " + opened.path());
    } catch (MyelinException e) {
      System.out.println(e.getMessage());
    } finally {
      limitAddressSpace(UNLIMITED);
    }
  }

  /** Runs a session under each limit, from too little memory for it to enough. */
  private static void steps(Model model) throws Throwable {
    int[] prompt = Logits.randomTokens(40, 320, 1);
    // loads all classes first, including those for failures
    runSession(model, prompt, UNLIMITED);
    runSession(model, prompt, MIN_BYTES);
    for (long bytes = MIN_BYTES; bytes <= 12 << 20; bytes += MIN_BYTES / 2) {
      System.out.println(runSession(model, prompt, bytes));
    }
  }

  private static String runSession(Model model, int[] prompt, long bytes) throws Throwable {
    SessionOptions options = SessionOptions.defaults().withContextLength(400).withThreads(1);
    String result;
    limitAddressSpace(bytes);
    try (Session session = Session.open(model, options)) {
      session.feed(prompt);
      session.feed(1);
      result = "done";
    } catch (MyelinException e) {
      result = e.getClass().getSimpleName() + ": " + e.getMessage();
    } finally {
      limitAddressSpace(UNLIMITED);
    }
    return result;
  }

  private static void threads(Model model) throws Throwable {
    try (Backend few = Backend.cpu(3)) {
      System.out.println(few.threads() == 3 ? "all of them" : "but " + few.threads());
    }
    // thread stacks are 8 MB, unless the shell sets another limit
    limitAddressSpace(30 << 20);
    SessionOptions options =
        SessionOptions.defaults().withContextLength(300).withThreads(64).withForceThreads(true);
    try (Session session = Session.open(model, options);
        Session single = Session.open(model, options.withThreads(1))) {
      int threads = session.options().threads();
      System.out.println(threads < 64 ? "fewer" : "but " + threads);
      float[] many = Logits.copy(session.feed(1, 2, 3));
      float[] one = Logits.copy(single.feed(1, 2, 3));
      System.out.println(Arrays.equals(many, one) ? "the same logits" : "others");
    } finally {
      limitAddressSpace(UNLIMITED);
    }
  }

  /** Limits the growth of the address space to {@code bytes}. */
  private static void limitAddressSpace(long bytes) throws Throwable {
    LIMIT.set(ValueLayout.JAVA_LONG, 0, bytes == UNLIMITED ? UNLIMITED : addressSpace() + bytes);
    LIMIT.set(ValueLayout.JAVA_LONG, Long.BYTES, UNLIMITED);
    if ((int) SETRLIMIT.invokeExact(RLIMIT_AS, LIMIT) != 0) {
      throw new IllegalStateException("setrlimit");
    }
  }

  private static long addressSpace() throws IOException {
    String statm = Files.readString(Path.of("/proc/self/statm"));
    return Long.parseLong(statm.substring(0, statm.indexOf(' '))) * PAGE;
  }
}
