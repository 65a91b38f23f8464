package dev.myelin.hub;

import dev.myelin.error.ModelFileException;
import dev.myelin.error.MyelinException;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.inspect.Inspection;
import dev.myelin.model.Architectures;
import dev.myelin.model.Model;
import dev.myelin.plan.MachineMemory;
import dev.myelin.plan.MemoryBandwidth;
import dev.myelin.plan.Plan;
import dev.myelin.plan.PlannedModel;
import dev.myelin.state.CacheType;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a model needs, from its header, and whether it runs here. Immutable and thread-safe.
 *
 * @param problem why this version cannot run it; empty if it can
 * @param architecture empty if unknown
 * @param parameters number of parameters, 0 if unknown
 * @param type the quantization mix, empty if unknown
 * @param memoryBytes weights and KV cache, 0 if unknown
 * @param context length of that cache in tokens
 * @param memory of this machine; empty if the native libraries are missing
 * @param tokensPerSecond upper bound of the decoding speed with a full context
 */
public record ModelCheck(
    Optional<String> problem,
    String architecture,
    long parameters,
    String type,
    long memoryBytes,
    long context,
    Optional<MachineMemory> memory,
    OptionalDouble tokensPerSecond) {

  /** The plan's figures on this machine. */
  private record Needs(
      long bytes, long context, Optional<MachineMemory> memory, OptionalDouble tokensPerSecond) {
    static final Needs UNKNOWN = new Needs(0, 0, Optional.empty(), OptionalDouble.empty());
  }

  /** Checks a model by the headers of its files. */
  static ModelCheck of(HeaderProbe probe) {
    Inspection header;
    try {
      header = probe.open(Inspection::of);
    } catch (ModelFileException e) {
      return new ModelCheck(
          Optional.of(withoutPath(e, probe.path())),
          "",
          0,
          "",
          0,
          0,
          Optional.empty(),
          OptionalDouble.empty());
    }
    Needs needs = needs(header);
    return new ModelCheck(
        problem(probe.path(), header),
        header.shape().architecture().orElse(""),
        header.total().parameters(),
        header.fileType().label(),
        needs.bytes,
        needs.context,
        needs.memory,
        needs.tokensPerSecond);
  }

  /** Loads the model, which reads no weights. */
  private static Optional<String> problem(Path file, Inspection header) {
    try {
      Model.load(file).close();
      return Optional.empty();
    } catch (NativeLibraryException e) {
      String name = header.shape().architecture().orElse("");
      return Architectures.names().contains(name)
          ? Optional.empty()
          : Optional.of(
              "architecture '" + name + "': known are " + String.join(", ", Architectures.names()));
    } catch (MyelinException e) {
      return Optional.of(withoutPath(e, file));
    }
  }

  private static Needs needs(Inspection header) {
    Plan plan;
    try {
      plan = Plan.of(PlannedModel.of(header), 0, CacheType.F16, List.of());
    } catch (MyelinException e) {
      return Needs.UNKNOWN; // no tensors, or an odd head size: the model does not load either
    }
    Plan.Row row = plan.rows().getFirst();
    try {
      MachineMemory memory = MachineMemory.current();
      MemoryBandwidth speed = MemoryBandwidth.measure(0, memory.availableBytes());
      return new Needs(
          plan.totalBytes(row),
          plan.context(),
          Optional.of(memory),
          plan.tokensPerSecond(row, speed));
    } catch (NativeLibraryException e) {
      return new Needs(
          plan.totalBytes(row), plan.context(), Optional.empty(), OptionalDouble.empty());
    }
  }

  private static String withoutPath(MyelinException e, Path file) {
    return e.getMessage().replace(file + ": ", "").replace(file.getParent() + "/", "");
  }
}
