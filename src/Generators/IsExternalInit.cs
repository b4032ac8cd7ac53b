namespace System.Runtime.CompilerServices;

/// <summary>What the compiler marks <c>init</c> with, and .NET Standard does not have.</summary>
internal static class IsExternalInit;
