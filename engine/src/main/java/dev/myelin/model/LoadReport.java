package dev.myelin.model;

import dev.myelin.diagnostics.FlightEvents;
import dev.myelin.diagnostics.Log;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.graph.NativeKernels;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Logs and records that a model is loaded; created when loading begins. */
final class LoadReport {
  private final @Nullable ModelLoadEvent event =
      FlightEvents.isRecording() ? new ModelLoadEvent() : null;
  private final long start = System.nanoTime();

  void loaded(Model model) {
    long nanos = System.nanoTime() - start;
    if (event != null) {
      event.record(model);
    }
    if (Log.isWarning()) {
      for (String note : model.notes()) {
        Log.warning(model.file().path() + ": " + note);
      }
    }
    if (Log.isDebug()) {
      debug(model, nanos);
    }
  }

  private static void debug(Model model, long nanos) {
    Log.debug(
        "%s: %s, %s in %s tensors, %s adapters, %s, loaded in %s"
            .formatted(
                model.file().path(),
                model.info().architecture(),
                Log.megabytes(tensorBytes(model)),
                model.file().tensors().size(),
                model.adapters().size(),
                model.file().isMapped() ? "mapped" : "in memory",
                Log.milliseconds(nanos)));
    Set<GgmlType> others = EnumSet.noneOf(GgmlType.class);
    for (TensorInfo tensor : model.file().tensors()) {
      if (tensor.rank() > 1) {
        others.add(tensor.type());
      }
    }
    others.removeAll(NativeKernels.supportedTypes().keySet());
    if (!others.isEmpty()) {
      Log.debug(model.file().path() + ": ggml's kernels multiply matrices of " + others);
    }
  }

  static long tensorBytes(Model model) {
    return model.file().tensors().stream().mapToLong(TensorInfo::bytes).sum();
  }
}
