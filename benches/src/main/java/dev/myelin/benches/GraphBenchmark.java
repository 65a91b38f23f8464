package dev.myelin.benches;

import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.graph.AdapterRanges;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.model.Model;
import dev.myelin.model.build.Network;
import dev.myelin.pass.CachedPass;
import dev.myelin.pass.Output;
import dev.myelin.state.CacheType;
import dev.myelin.state.StateOptions;
import dev.myelin.state.StatePool;
import dev.myelin.testing.RandomModel;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Building the graph of a decode step, and running an existing one. The models have sixteen layers
 * so narrow that the computation itself takes almost no time.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
public class GraphBenchmark {
  private static final int CELLS = 256;

  @Param({"llama", "qwen2", "qwen3", "gpt2"})
  String architecture;

  private Path file;
  private Model model;
  private StatePool states;
  private Session session;

  @Setup
  public void load() throws IOException {
    file = Files.createTempFile("graph", ".gguf");
    RandomModel.Shape narrow = new RandomModel.Shape(16, 32, 1, 1, 32, 32, 320, 512);
    RandomModel.small(architecture).withShape(narrow).write(file);
    model = Model.load(file);
    states =
        new StatePool(
            model.info().states(), new StateOptions(CELLS, 1, CacheType.F16, CacheType.F16), false);
    session =
        Session.open(model, SessionOptions.defaults().withContextLength(CELLS).withThreads(1));
    for (float logit : session.feed(1).toArray(ValueLayout.JAVA_FLOAT)) {
      Checks.check(Float.isFinite(logit), "logit " + logit);
    }
  }

  @TearDown
  public void unload() throws IOException {
    session.close();
    states.close();
    model.close();
    Files.delete(file);
  }

  @Benchmark
  public long build() {
    GraphBuilder builder = new GraphBuilder();
    CachedPass.Shape shape =
        new CachedPass.Shape(
            Network.MAIN, 1, 1, Set.of(Output.LOGITS), List.of(), AdapterRanges.NONE);
    model.network().forward(new CachedPass(builder, shape, states, CELLS));
    try (Graph graph = builder.build()) {
      return graph.computeBufferBytes();
    }
  }

  @Benchmark
  public MemorySegment reuse() {
    session.truncate(1);
    return session.feed(2);
  }
}
