package dev.myelin.model;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A model was loaded. */
@Name("dev.myelin.ModelLoad")
@Label("Model Load")
@Category("Myelin")
final class ModelLoadEvent extends Event {
  @Label("Path")
  private String path;

  @Label("Architecture")
  private String architecture;

  @Label("Bytes")
  @Description("Size of the tensors")
  @DataAmount
  private long bytes;

  @Label("Tensors")
  private int tensors;

  @Label("Adapters")
  private int adapters;

  @Label("Mapped")
  @Description("Whether the tensors are in the mapped file, rather than in memory")
  private boolean mapped;

  ModelLoadEvent() {
    begin();
  }

  /** Ends and writes the event. */
  void record(Model model) {
    end();
    if (shouldCommit()) {
      path = model.file().path().toString();
      architecture = model.info().architecture();
      bytes = LoadReport.tensorBytes(model);
      tensors = model.file().tensors().size();
      adapters = model.adapters().size();
      mapped = model.file().isMapped();
      commit();
    }
  }
}
