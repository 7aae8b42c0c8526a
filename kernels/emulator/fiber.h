// SPDX-License-Identifier: MIT
// Stacks that can be left and come back to. One fiber runs at a time; fibers belong to the operating system's thread that made them.
#pragma once

namespace emulator {

class Fiber {
public:
    Fiber();
    ~Fiber();
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    // The next run starts `entry` from its beginning; whatever was on the stack is forgotten.
    void start(void (*entry)());

    // From the scheduler: runs until the fiber pauses.
    void run();

    // From a fiber: back to the scheduler.
    static void pause();

private:
    void* _stack;
    void* _position = nullptr;
    void* _sanitizer = nullptr;
};

// Happens-before for ThreadSanitizer: what came before a release of a key is ordered before what follows an acquire of it. No-ops without it.
void release(void* key);
void acquire(void* key);

// AddressSanitizer: an access to these bytes is an error from now on, or isn't any more. No-ops without it.
void forbid(void* address, unsigned long bytes);
void allow(void* address, unsigned long bytes);

}  // namespace emulator
