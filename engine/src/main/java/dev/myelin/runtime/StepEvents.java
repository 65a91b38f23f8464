package dev.myelin.runtime;

import dev.myelin.diagnostics.FlightEvents;
import dev.myelin.pass.Batch;
import dev.myelin.pass.Segment;
import java.util.ArrayList;
import java.util.List;

/** The flight recorder's events of a step, one for each sequence. */
final class StepEvents {
  private final List<ForwardPassEvent> events = new ArrayList<>(0);
  private final boolean isRecording = FlightEvents.isRecording();

  private StepEvents(int sequences) {
    for (int i = 0; isRecording && i < sequences; i++) {
      events.add(new ForwardPassEvent());
    }
  }

  /** Begins the events of a batch. */
  static StepEvents begin(Batch batch) {
    return new StepEvents(batch.segments().size());
  }

  /** Writes them. */
  void end(List<Work> works, Batch batch) {
    for (int i = 0; i < events.size(); i++) {
      Segment s = batch.segments().get(i);
      events.get(i).record(works.get(i).sequence().id(), s.count(), s.position(), s.outputs());
    }
  }
}
