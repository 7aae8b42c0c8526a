// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using System.Text;

namespace Phi4.TestSupport.Cuda;

/// <summary>The kernels' own sources compiled for this processor, with the emulator that runs their grids: <c>artifacts/emulator/libphi4_emulator.so</c>.</summary>
internal sealed unsafe class EmulatorLibrary : IEmulatedKernels
{
    private const int ErrorBytes = 4096;

    private static readonly Lazy<EmulatorLibrary?> Loaded = new(Load);

    private readonly delegate* unmanaged<byte*, int> _find;
    private readonly delegate* unmanaged<int, int> _parameterBytes;
    private readonly delegate* unmanaged<int, uint*, uint, uint, void*, uint, byte*, int, int> _launch;

    private EmulatorLibrary(nint library)
    {
        _find = (delegate* unmanaged<byte*, int>)NativeLibrary.GetExport(library, "phi4_emulator_find");
        _parameterBytes = (delegate* unmanaged<int, int>)NativeLibrary.GetExport(library, "phi4_emulator_parameter_bytes");
        _launch = (delegate* unmanaged<int, uint*, uint, uint, void*, uint, byte*, int, int>)NativeLibrary.GetExport(library, "phi4_emulator_launch");
    }

    /// <summary>The library; null where no clang++ was there to build it.</summary>
    public static EmulatorLibrary? Instance => Loaded.Value;

    /// <summary>Order in which warps and blocks take turns.</summary>
    public uint Seed { get; set; } = 1;

    public static string Path => System.IO.Path.Combine(Repository.Root, "artifacts", "emulator", "libphi4_emulator.so");

    public int Find(string name)
    {
        fixed (byte* text = Encoding.ASCII.GetBytes(name + '\0'))
        {
            return _find(text);
        }
    }

    public int ParameterBytes(int kernel) => _parameterBytes(kernel);

    public string? Launch(int kernel, EmulatedLaunch launch, ReadOnlySpan<byte> parameters)
    {
        uint* grid = stackalloc uint[] { launch.GridX, launch.GridY, launch.GridZ };
        byte* error = stackalloc byte[ErrorBytes];
        error[0] = 0;
        fixed (byte* block = parameters)
        {
            int status = _launch(kernel, grid, launch.Block, launch.SharedBytes, block, Seed, error, ErrorBytes);
            return status == 0 ? null : $"{launch.Kernel}: {Marshal.PtrToStringUTF8((nint)error)} (status {status})";
        }
    }

    private static EmulatorLibrary? Load() => NativeLibrary.TryLoad(Path, out nint library) ? new EmulatorLibrary(library) : null;
}
