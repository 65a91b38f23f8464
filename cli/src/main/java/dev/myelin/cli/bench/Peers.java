package dev.myelin.cli.bench;

import dev.myelin.adapter.Adapter;
import dev.myelin.bench.BenchEngine;
import dev.myelin.bench.BenchPeer;
import dev.myelin.bench.BenchRunner;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.SessionOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/** Other engines that bench can compare with. A new one is a class and a line here. */
public final class Peers {
  private interface Factory {
    /**
     * @param path of the program, null if none is given
     */
    BenchPeer create(String path, Duration limit, String isa);
  }

  private interface ProgramLoader {
    BenchRunner load(
        PeerProgram program, Path model, List<Adapter> adapters, SessionOptions options);
  }

  /**
   * @param form {@code NAME}, or {@code NAME=ARGUMENT} for a program
   */
  private record Peer(String form, Factory factory) {}

  private static final SequencedMap<String, Peer> ALL = new LinkedHashMap<>();

  static {
    library(LlamaCppEngine.NAME, LlamaCppEngine::new);
    program(IkLlamaCppRunner.NAME, "LLAMA-BENCH", IkLlamaCppRunner::new);
    program(JinferRunner.NAME, "CLASSPATH", JinferRunner::new);
  }

  private Peers() {}

  /** The forms of all peers, for the help and messages. */
  public static String forms() {
    return ALL.values().stream().map(Peer::form).collect(Collectors.joining(", "));
  }

  /**
   * A peer by its name, followed by the path of its program if it is one: {@code NAME=PATH}.
   *
   * @param limit when a process of a program is ended by force
   * @param isa requested instruction set, null for the best one
   * @throws InvalidRequestException with the known names if there is none, or the path is missing
   */
  public static BenchPeer of(String form, Duration limit, String isa) {
    int equals = form.indexOf('=');
    String name = equals < 0 ? form : form.substring(0, equals);
    Peer peer = ALL.get(name);
    if (peer == null) {
      throw new InvalidRequestException("peer " + name + ": known are " + forms());
    }
    return peer.factory.create(equals < 0 ? null : form.substring(equals + 1), limit, isa);
  }

  private static void library(String name, BenchPeer.Loader<BenchEngine> loader) {
    Factory factory =
        (path, _, _) -> {
          if (path != null) {
            throw new InvalidRequestException("peer " + name + ": takes no path");
          }
          return new BenchPeer.InProcess(name, loader);
        };
    ALL.put(name, new Peer(name, factory));
  }

  private static void program(String name, String argument, ProgramLoader loader) {
    Factory factory =
        (path, limit, isa) -> {
          if (path == null || path.isEmpty()) {
            throw new InvalidRequestException("peer " + name + ": expected " + name + "=PATH");
          }
          PeerProgram program = new PeerProgram(path, limit, isa);
          return new BenchPeer.Program(
              name, (model, adapters, options) -> loader.load(program, model, adapters, options));
        };
    ALL.put(name, new Peer(name + "=" + argument, factory));
  }
}
