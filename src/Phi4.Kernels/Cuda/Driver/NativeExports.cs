// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Phi4.Kernels.Cuda.Driver;

/// <summary>The exported functions of a library, which stays loaded; notes those that were looked for in vain.</summary>
internal sealed class NativeExports
{
    private readonly nint _library;
    private readonly List<string> _missing = [];

    private NativeExports(nint library) => _library = library;

    public IReadOnlyList<string> Missing => _missing;

    /// <summary>The first of these libraries that the system finds, or null.</summary>
    public static NativeExports? TryOpen(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, out nint library))
            {
                return new NativeExports(library);
            }
        }

        return null;
    }

    /// <summary>The address of a function, or 0.</summary>
    public nint Find(string name)
    {
        if (NativeLibrary.TryGetExport(_library, name, out nint address))
        {
            return address;
        }

        _missing.Add(name);
        return 0;
    }
}
