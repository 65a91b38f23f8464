/**
 * What a model stores of a sequence: keys and values in pages, and recurrent states.
 *
 * <p>The model declares its states ({@link dev.myelin.state.ModelStates}); a sequence has the
 * memory for them ({@link dev.myelin.state.SequenceStates}).
 */
@NullMarked
package dev.myelin.state;

import org.jspecify.annotations.NullMarked;
