/** Chat messages, and the chat templates that render them to prompts. */
@NullMarked
package dev.myelin.chat;

import org.jspecify.annotations.NullMarked;
