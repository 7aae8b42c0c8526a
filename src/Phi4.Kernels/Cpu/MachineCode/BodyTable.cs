// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.MachineCode;

/// <summary>Machine-code bodies of one family, side by side in executable memory, called by number.</summary>
internal sealed unsafe class BodyTable : IDisposable
{
    /// <summary>The variable that turns machine code off when it is 0.</summary>
    public const string Switch = "PHI4_MACHINE_CODE";

    private const int Alignment = 64;

    private readonly ExecutableMemory _memory;
    private readonly int[] _starts;

    private BodyTable(ExecutableMemory memory, int[] starts)
    {
        _memory = memory;
        _starts = starts;
    }

    /// <summary>The bodies, ready to be called, or null and the system's reason.</summary>
    public static BodyTable? TryCreate(IReadOnlyList<byte[]> bodies, out string? whyNot)
    {
        var starts = new int[bodies.Count];
        int length = 0;
        for (int i = 0; i < starts.Length; i++)
        {
            starts[i] = length;
            length += (bodies[i].Length + Alignment - 1) / Alignment * Alignment;
        }

        var code = new byte[length];
        for (int i = 0; i < starts.Length; i++)
        {
            bodies[i].CopyTo(code, starts[i]);
        }

        ExecutableMemory? memory = ExecutableMemory.TryCreate(code, out whyNot);
        return memory is null ? null : new BodyTable(memory, starts);
    }

    /// <summary>The first instruction of a body, valid until disposed.</summary>
    public void* Body(int number)
    {
        ObjectDisposedException.ThrowIf(_memory.IsClosed, this);
        return (void*)(_memory.Address + _starts[number]);
    }

    public void Dispose() => _memory.Dispose();
}
