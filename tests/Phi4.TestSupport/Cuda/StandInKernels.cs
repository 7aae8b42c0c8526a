// SPDX-License-Identifier: MIT
namespace Phi4.TestSupport.Cuda;

/// <summary>Kernels written in a test: a name, the size of the parameter block, and what a launch does.</summary>
internal sealed class StandInKernels : IEmulatedKernels
{
    private readonly List<(string Name, int ParameterBytes, Func<EmulatedLaunch, byte[], string?> Run)> _kernels = [];

    public StandInKernels Add(string name, int parameterBytes, Func<EmulatedLaunch, byte[], string?> run)
    {
        _kernels.Add((name, parameterBytes, run));
        return this;
    }

    public int Find(string name) => _kernels.FindIndex(kernel => kernel.Name == name);

    public int ParameterBytes(int kernel) => _kernels[kernel].ParameterBytes;

    public string? Launch(int kernel, EmulatedLaunch launch, ReadOnlySpan<byte> parameters) => _kernels[kernel].Run(launch, parameters.ToArray());
}
