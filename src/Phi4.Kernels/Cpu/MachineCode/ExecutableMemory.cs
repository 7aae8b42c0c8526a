// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>Machine code that can be called. Its pages are written first and made executable then; they are never both.</summary>
internal sealed unsafe partial class ExecutableMemory : SafeHandle
{
    private readonly nuint _byteCount;

    private ExecutableMemory(nint address, nuint byteCount)
        : base(0, ownsHandle: true)
    {
        SetHandle(address);
        _byteCount = byteCount;
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>The first instruction, valid until disposed.</summary>
    public nint Address => handle;

    /// <summary>A copy of the code, or null and the system's reason.</summary>
    public static ExecutableMemory? TryCreate(ReadOnlySpan<byte> code, out string? whyNot)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsWindows())
        {
            whyNot = $"executable memory is not known for {RuntimeInformation.OSDescription}";
            return null;
        }

        nuint byteCount = (nuint)Math.Max(code.Length, 1);
        nint address = Reserve(byteCount);
        if (address == 0)
        {
            whyNot = Refusal($"{byteCount} bytes for code");
            return null;
        }

        var memory = new ExecutableMemory(address, byteCount);
        code.CopyTo(new Span<byte>((void*)address, code.Length));
        if (MakeExecutable(address, byteCount))
        {
            whyNot = null;
            return memory;
        }

        whyNot = Refusal("to make memory executable");
        memory.Dispose();
        return null;
    }

    protected override bool ReleaseHandle()
        => OperatingSystem.IsWindows() ? VirtualFree(handle, 0, FreeAll) : Unmap(handle, _byteCount) == 0;

    private static nint Reserve(nuint byteCount)
    {
        if (OperatingSystem.IsWindows())
        {
            return VirtualAlloc(0, byteCount, ReserveAndCommit, PageReadWrite);
        }

        nint address = Map(0, byteCount, ReadWrite, PrivateAnonymous, -1, 0);
        return address == -1 ? 0 : address;
    }

    private static bool MakeExecutable(nint address, nuint byteCount)
        => OperatingSystem.IsWindows()
            ? VirtualProtect(address, byteCount, PageExecuteRead, out _)
            : Protect(address, byteCount, ReadExecute) == 0;

    private static string Refusal(string what)
        => $"the system refused {what} (error {Marshal.GetLastPInvokeError()}: {Marshal.GetLastPInvokeErrorMessage()})";
}
