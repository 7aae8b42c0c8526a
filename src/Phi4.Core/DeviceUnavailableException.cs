// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>The device that was asked for can't be used on this machine, or by this build. Nothing was loaded.</summary>
public sealed class DeviceUnavailableException : Phi4Exception
{
    /// <summary>An error with its reason.</summary>
    /// <param name="device">The device, as the command line writes it: <c>cuda:0</c>.</param>
    /// <param name="reason">Why not, in words and numbers.</param>
    public DeviceUnavailableException(string device, string reason)
        : base($"No device {device}: {reason}.")
    {
        Device = device;
        Reason = reason;
    }

    /// <summary>The device, as the command line writes it.</summary>
    public string Device { get; }

    /// <summary>Why not, in words and numbers.</summary>
    public string Reason { get; }
}
