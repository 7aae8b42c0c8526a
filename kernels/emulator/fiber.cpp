// SPDX-License-Identifier: MIT
#include "fiber.h"

#include <sys/mman.h>

#include <cstring>
#include <new>

// Present only in a program built with the sanitizer in question.
extern "C" {
__attribute__((weak)) void* __tsan_get_current_fiber();
__attribute__((weak)) void* __tsan_create_fiber(unsigned flags);
__attribute__((weak)) void __tsan_destroy_fiber(void* fiber);
__attribute__((weak)) void __tsan_switch_to_fiber(void* fiber, unsigned flags);
__attribute__((weak)) void __tsan_acquire(void* key);
__attribute__((weak)) void __tsan_release(void* key);
__attribute__((weak)) void __asan_poison_memory_region(void const volatile* address, unsigned long bytes);
__attribute__((weak)) void __asan_unpoison_memory_region(void const volatile* address, unsigned long bytes);
}

namespace emulator {

namespace {

constexpr unsigned long StackBytes = 256 * 1024;
constexpr unsigned long GuardBytes = 4096;
constexpr unsigned WithoutOrder = 1;

// Where the scheduler stopped when it let a fiber run.
thread_local void* schedulerPosition;
thread_local void* schedulerSanitizer;
thread_local void** runningPosition;

}  // namespace

#if defined(__x86_64__)

// Saves what a callee must preserve, leaves its stack pointer in *save, and goes on where `load` was saved.
extern "C" void emulator_switch(void** save, void* load);
asm(".text\n"
    ".hidden emulator_switch\n"
    ".globl emulator_switch\n"
    ".type emulator_switch, @function\n"
    "emulator_switch:\n"
    "  pushq %rbp\n  pushq %rbx\n  pushq %r12\n  pushq %r13\n  pushq %r14\n  pushq %r15\n"
    "  movq %rsp, (%rdi)\n  movq %rsi, %rsp\n"
    "  popq %r15\n  popq %r14\n  popq %r13\n  popq %r12\n  popq %rbx\n  popq %rbp\n"
    "  ret\n");

// A stack that "returns" to the entry, aligned as if it had been called.
static void* first_position(char* stackEnd, void (*entry)())
{
    void** top = reinterpret_cast<void**>(stackEnd - 64);
    *--top = nullptr;
    *--top = reinterpret_cast<void*>(entry);
    constexpr int SavedRegisters = 6;
    for (int i = 0; i < SavedRegisters; i++) *--top = nullptr;
    return top;
}

#elif defined(__aarch64__)

extern "C" void emulator_switch(void** save, void* load);
asm(".text\n"
    ".hidden emulator_switch\n"
    ".globl emulator_switch\n"
    ".type emulator_switch, %function\n"
    "emulator_switch:\n"
    "  sub sp, sp, #160\n"
    "  stp x19, x20, [sp, #0]\n  stp x21, x22, [sp, #16]\n  stp x23, x24, [sp, #32]\n  stp x25, x26, [sp, #48]\n  stp x27, x28, [sp, #64]\n"
    "  stp x29, x30, [sp, #80]\n  stp d8, d9, [sp, #96]\n  stp d10, d11, [sp, #112]\n  stp d12, d13, [sp, #128]\n  stp d14, d15, [sp, #144]\n"
    "  mov x9, sp\n  str x9, [x0]\n  mov sp, x1\n"
    "  ldp x19, x20, [sp, #0]\n  ldp x21, x22, [sp, #16]\n  ldp x23, x24, [sp, #32]\n  ldp x25, x26, [sp, #48]\n  ldp x27, x28, [sp, #64]\n"
    "  ldp x29, x30, [sp, #80]\n  ldp d8, d9, [sp, #96]\n  ldp d10, d11, [sp, #112]\n  ldp d12, d13, [sp, #128]\n  ldp d14, d15, [sp, #144]\n"
    "  add sp, sp, #160\n  ret\n");

static void* first_position(char* stackEnd, void (*entry)())
{
    constexpr int SavedWords = 20, LinkRegister = 11;
    void** top = reinterpret_cast<void**>(stackEnd - 64) - SavedWords;
    for (int i = 0; i < SavedWords; i++) top[i] = nullptr;
    top[LinkRegister] = reinterpret_cast<void*>(entry);
    return top;
}

#else
#error "the emulator has a fiber switch for x86-64 and AArch64"
#endif

Fiber::Fiber()
{
    _stack = mmap(nullptr, StackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (_stack == MAP_FAILED) throw std::bad_alloc();
    mprotect(_stack, GuardBytes, PROT_NONE);
}

Fiber::~Fiber()
{
    if (_sanitizer) __tsan_destroy_fiber(_sanitizer);
    allow(_stack, StackBytes);
    munmap(_stack, StackBytes);
}

void Fiber::start(void (*entry)())
{
    allow(static_cast<char*>(_stack) + GuardBytes, StackBytes - GuardBytes);
    _position = first_position(static_cast<char*>(_stack) + StackBytes, entry);
    if (__tsan_create_fiber) {
        if (_sanitizer) __tsan_destroy_fiber(_sanitizer);
        _sanitizer = __tsan_create_fiber(0);
    }
}

void Fiber::run()
{
    runningPosition = &_position;
    if (_sanitizer) {
        schedulerSanitizer = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(_sanitizer, WithoutOrder);
    }
    emulator_switch(&schedulerPosition, _position);
}

void Fiber::pause()
{
    if (schedulerSanitizer) __tsan_switch_to_fiber(schedulerSanitizer, WithoutOrder);
    emulator_switch(runningPosition, schedulerPosition);
}

void release(void* key)
{
    if (__tsan_release) __tsan_release(key);
}

void acquire(void* key)
{
    if (__tsan_acquire) __tsan_acquire(key);
}

void forbid(void* address, unsigned long bytes)
{
    if (__asan_poison_memory_region) __asan_poison_memory_region(address, bytes);
}

void allow(void* address, unsigned long bytes)
{
    if (__asan_unpoison_memory_region) __asan_unpoison_memory_region(address, bytes);
}

}  // namespace emulator
