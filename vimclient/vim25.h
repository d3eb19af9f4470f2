// SPDX-License-Identifier: GPL-3.0-or-later
//
// The part of the vSphere API (vim25) that is spoken here, for soapcpp2. Not a C++ header.
//
// * Members stand in the schema's order, which is the order on the wire; what is neither read
//   nor written is left out: unknown elements of a reply are skipped.
// * `xsd__anyType` has nothing but the type's name: a value of a type that is not declared
//   here is decoded as that, a fault of such a type as MethodFault, a device as VirtualDevice.
// * Numbers, booleans, times and enums of replies are text: one bad number would else fail the
//   whole reply, and a new enumerator is no error.
// * `_USCORE` is a literal underscore. A trailing underscore is dropped.

#import "stlvector.h"

//gsoap vim25 service name:        Vim
//gsoap vim25 service namespace:   urn:vim25
//gsoap vim25 service style:       document
//gsoap vim25 service encoding:    literal
//gsoap vim25 schema  namespace:   urn:vim25
//gsoap vim25 schema  elementForm: qualified
//gsoap vim25 schema  attributeForm: unqualified

class xsd__anyType
{ public:
 @ char* xsi__type 0;
   struct soap* soap;
};

class xsd__string : public xsd__anyType { public: std::string __item; };
class xsd__boolean : public xsd__anyType { public: std::string __item; };
class xsd__byte : public xsd__anyType { public: std::string __item; };
class xsd__short : public xsd__anyType { public: std::string __item; };
class xsd__int : public xsd__anyType { public: std::string __item; };
class xsd__long : public xsd__anyType { public: std::string __item; };
class xsd__dateTime : public xsd__anyType { public: std::string __item; };

// ---- values of properties

class vim25__ManagedObjectReference : public xsd__anyType
{ public:
   std::string __item;
 @ std::string type 1;
};

class vim25__ArrayOfManagedObjectReference : public xsd__anyType
{ public: std::vector<vim25__ManagedObjectReference*> ManagedObjectReference 0; };

class vim25__VirtualMachinePowerState : public xsd__anyType { public: std::string __item; };
class vim25__VirtualMachineConnectionState : public xsd__anyType { public: std::string __item; };
class vim25__HostSystemConnectionState : public xsd__anyType { public: std::string __item; };
class vim25__TaskInfoState : public xsd__anyType { public: std::string __item; };

class vim25__DynamicData : public xsd__anyType { public: };

class vim25__OptionValue : public vim25__DynamicData
{ public:
   std::string key 1;
   xsd__anyType* value 0;
};
class vim25__ArrayOfOptionValue : public xsd__anyType
{ public: std::vector<vim25__OptionValue*> OptionValue 0; };

class vim25__CustomFieldDef : public vim25__DynamicData
{ public:
   std::string key 1;
   std::string name 1;
};
class vim25__ArrayOfCustomFieldDef : public xsd__anyType
{ public: std::vector<vim25__CustomFieldDef*> CustomFieldDef 0; };
class vim25__CustomFieldValue : public vim25__DynamicData { public: std::string key 1; };
class vim25__CustomFieldStringValue : public vim25__CustomFieldValue
{ public: std::string value 1; };
class vim25__ArrayOfCustomFieldValue : public xsd__anyType
{ public: std::vector<vim25__CustomFieldValue*> CustomFieldValue 0; };

class vim25__ManagedByInfo : public vim25__DynamicData { public: std::string extensionKey 1; };

class vim25__VirtualMachineQuestionInfo : public vim25__DynamicData
{ public:
   std::string id 1;
   std::string text 1;
};

class vim25__VirtualMachineSnapshotTree : public vim25__DynamicData
{ public:
   vim25__ManagedObjectReference* snapshot 1;
   std::string name 1;
   std::string description 1;
   std::string createTime 1;
   std::string quiesced 1;
   std::vector<vim25__VirtualMachineSnapshotTree*> childSnapshotList 0;
};
class vim25__VirtualMachineSnapshotInfo : public vim25__DynamicData
{ public: std::vector<vim25__VirtualMachineSnapshotTree*> rootSnapshotList 0; };

class vim25__HostMountInfo : public vim25__DynamicData
{ public:
   std::string accessMode 1;
   std::string* mounted 0;
   std::string* accessible 0;
};
class vim25__DatastoreHostMount : public vim25__DynamicData
{ public:
   vim25__ManagedObjectReference* key 1;
   vim25__HostMountInfo* mountInfo 1;
};
class vim25__ArrayOfDatastoreHostMount : public xsd__anyType
{ public: std::vector<vim25__DatastoreHostMount*> DatastoreHostMount 0; };

// ---- devices

class vim25__VirtualDeviceBackingInfo : public vim25__DynamicData { public: };

class vim25__VirtualDeviceConnectInfo : public vim25__DynamicData
{ public:
   std::string* migrateConnect 0;
   std::string startConnected 1;
   std::string allowGuestControl 1;
   std::string connected 1;
};

class vim25__VirtualDevice : public vim25__DynamicData
{ public:
   std::string key 1;
   vim25__VirtualDeviceBackingInfo* backing 0;
   vim25__VirtualDeviceConnectInfo* connectable 0;
   std::string* controllerKey 0;
   std::string* unitNumber 0;
};
class vim25__ArrayOfVirtualDevice : public xsd__anyType
{ public: std::vector<vim25__VirtualDevice*> VirtualDevice 0; };

// `sharedBus` belongs to the SCSI and NVMe controllers alone.
class vim25__VirtualController : public vim25__VirtualDevice
{ public:
   std::string busNumber 1;
   std::string* sharedBus 0;
};
class vim25__VirtualIDEController : public vim25__VirtualController { public: };
class vim25__VirtualSATAController : public vim25__VirtualController { public: };
class vim25__VirtualAHCIController : public vim25__VirtualSATAController { public: };
class vim25__VirtualNVMEController : public vim25__VirtualController { public: };
class vim25__VirtualSCSIController : public vim25__VirtualController { public: };
class vim25__VirtualBusLogicController : public vim25__VirtualSCSIController { public: };
class vim25__VirtualLsiLogicController : public vim25__VirtualSCSIController { public: };
class vim25__VirtualLsiLogicSASController : public vim25__VirtualSCSIController { public: };
class vim25__ParaVirtualSCSIController : public vim25__VirtualSCSIController { public: };

class vim25__VirtualDisk : public vim25__VirtualDevice
{ public:
   std::string capacityInKB 1;
   std::string* capacityInBytes 0;
};

class vim25__VirtualDeviceFileBackingInfo : public vim25__VirtualDeviceBackingInfo
{ public:
   std::string fileName 1;
   vim25__ManagedObjectReference* datastore 0;
};

// Not a class of the schema: what its disk backings have in common.
class vim25__DiskBacking : public vim25__VirtualDeviceFileBackingInfo
{ public:
   std::string* compatibilityMode 0;
   std::string* diskMode 0;
   std::string* thinProvisioned 0;
   vim25__DiskBacking* parent 0;
   std::string* sharing 0;
};
class vim25__VirtualDiskFlatVer1BackingInfo : public vim25__DiskBacking { public: };
class vim25__VirtualDiskFlatVer2BackingInfo : public vim25__DiskBacking { public: };
class vim25__VirtualDiskSeSparseBackingInfo : public vim25__DiskBacking { public: };
class vim25__VirtualDiskSparseVer1BackingInfo : public vim25__DiskBacking { public: };
class vim25__VirtualDiskSparseVer2BackingInfo : public vim25__DiskBacking { public: };
class vim25__VirtualDiskLocalPMemBackingInfo : public vim25__DiskBacking { public: };
class vim25__VirtualDiskRawDiskMappingVer1BackingInfo : public vim25__DiskBacking { public: };

class vim25__VirtualEthernetCard : public vim25__VirtualDevice
{ public:
   std::string* addressType 0;
   std::string* macAddress 0;
   std::string* wakeOnLanEnabled 0;
   std::string* externalId 0;
   std::string* uptCompatibilityEnabled 0;
};
class vim25__VirtualE1000 : public vim25__VirtualEthernetCard { public: };
class vim25__VirtualE1000e : public vim25__VirtualEthernetCard { public: };
class vim25__VirtualPCNet32 : public vim25__VirtualEthernetCard { public: };
class vim25__VirtualSriovEthernetCard : public vim25__VirtualEthernetCard { public: };
class vim25__VirtualVmxnet : public vim25__VirtualEthernetCard { public: };
class vim25__VirtualVmxnet2 : public vim25__VirtualVmxnet { public: };
class vim25__VirtualVmxnet3 : public vim25__VirtualVmxnet { public: };
class vim25__VirtualVmxnet3Vrdma : public vim25__VirtualVmxnet3 { public: };

class vim25__VirtualEthernetCardNetworkBackingInfo : public vim25__VirtualDeviceBackingInfo
{ public:
   std::string deviceName 1;
   std::string* useAutoDetect 0;
   vim25__ManagedObjectReference* network 0;
};
class vim25__VirtualEthernetCardOpaqueNetworkBackingInfo : public vim25__VirtualDeviceBackingInfo
{ public:
   std::string opaqueNetworkId 1;
   std::string opaqueNetworkType 1;
};
class vim25__DistributedVirtualSwitchPortConnection : public vim25__DynamicData
{ public:
   std::string switchUuid 1;
   std::string* portgroupKey 0;
   std::string* portKey 0;
   std::string* connectionCookie 0;
};
class vim25__VirtualEthernetCardDistributedVirtualPortBackingInfo
      : public vim25__VirtualDeviceBackingInfo
{ public: vim25__DistributedVirtualSwitchPortConnection* port 1; };

// ---- faults: those whose fields are read; all others are MethodFault with their type's name

class vim25__MethodFault : public xsd__anyType { public: };

class vim25__LocalizedMethodFault : public vim25__DynamicData
{ public:
   vim25__MethodFault* fault 1;
   std::string* localizedMessage 0;
};

class vim25__TaskInProgress : public vim25__MethodFault
{ public: vim25__ManagedObjectReference* task 1; };

class vim25__ManagedObjectNotFound : public vim25__MethodFault
{ public: vim25__ManagedObjectReference* obj 1; };

class vim25__DuplicateName : public vim25__MethodFault
{ public: vim25__ManagedObjectReference* object 1; };

class vim25__NoPermission : public vim25__MethodFault
{ public:
   vim25__ManagedObjectReference* object 0;
   std::string* privilegeId 0;
};

struct SOAP_ENV__Detail { vim25__MethodFault* _fault; };

// ---- property collector

class vim25__SelectionSpec : public vim25__DynamicData { public: std::string* name 0; };

class vim25__TraversalSpec : public vim25__SelectionSpec
{ public:
   std::string type 1;
   std::string path 1;
   bool* skip 0;
   std::vector<vim25__SelectionSpec*> selectSet 0;
};
class vim25__PropertySpec : public vim25__DynamicData
{ public:
   std::string type 1;
   bool* all 0;
   std::vector<std::string> pathSet 0;
};
class vim25__ObjectSpec : public vim25__DynamicData
{ public:
   vim25__ManagedObjectReference* obj 1;
   bool* skip 0;
   std::vector<vim25__SelectionSpec*> selectSet 0;
};
class vim25__PropertyFilterSpec : public vim25__DynamicData
{ public:
   std::vector<vim25__PropertySpec*> propSet 1;
   std::vector<vim25__ObjectSpec*> objectSet 1;
   bool* reportMissingObjectsInResults 0;
};
class vim25__RetrieveOptions : public vim25__DynamicData { public: int* maxObjects 0; };

class vim25__DynamicProperty : public vim25__DynamicData
{ public:
   std::string name 1;
   xsd__anyType* val 1;
};
class vim25__MissingProperty : public vim25__DynamicData
{ public:
   std::string path 1;
   vim25__LocalizedMethodFault* fault 1;
};
class vim25__ObjectContent : public vim25__DynamicData
{ public:
   vim25__ManagedObjectReference* obj 1;
   std::vector<vim25__DynamicProperty*> propSet 0;
   std::vector<vim25__MissingProperty*> missingSet 0;
};
class vim25__RetrieveResult : public vim25__DynamicData
{ public:
   std::string* token 0;
   std::vector<vim25__ObjectContent*> objects 0;
};

class vim25__WaitOptions : public vim25__DynamicData { public: int* maxWaitSeconds 0; };

class vim25__PropertyChange : public vim25__DynamicData
{ public:
   std::string name 1;
   std::string op 1;
   xsd__anyType* val 0;
};
class vim25__ObjectUpdate : public vim25__DynamicData
{ public:
   std::string kind 1;
   vim25__ManagedObjectReference* obj 1;
   std::vector<vim25__PropertyChange*> changeSet 0;
   std::vector<vim25__MissingProperty*> missingSet 0;
};
class vim25__MissingObject : public vim25__DynamicData
{ public:
   vim25__ManagedObjectReference* obj 1;
   vim25__LocalizedMethodFault* fault 1;
};
class vim25__PropertyFilterUpdate : public vim25__DynamicData
{ public:
   std::vector<vim25__ObjectUpdate*> objectSet 0;
   std::vector<vim25__MissingObject*> missingSet 0;
};
class vim25__UpdateSet : public vim25__DynamicData
{ public:
   std::string version 1;
   std::vector<vim25__PropertyFilterUpdate*> filterSet 0;
   std::string* truncated 0;
};

// ---- specs of changes

class vim25__VirtualDeviceConfigSpec : public vim25__DynamicData
{ public:
   std::string* operation 0;
   vim25__VirtualDevice* device 1;
};
class vim25__VirtualMachineConfigSpec : public vim25__DynamicData
{ public:
   std::string* annotation 0;
   std::vector<vim25__VirtualDeviceConfigSpec*> deviceChange 0;
   std::vector<vim25__OptionValue*> extraConfig 0;
};
class vim25__VirtualMachineRelocateSpecDiskLocator : public vim25__DynamicData
{ public:
   int diskId 1;
   vim25__ManagedObjectReference* datastore 1;
   std::string* diskMoveType 0;
   vim25__VirtualDeviceBackingInfo* diskBackingInfo 0;
};
class vim25__VirtualMachineRelocateSpec : public vim25__DynamicData
{ public:
   vim25__ManagedObjectReference* datastore 0;
   std::string* diskMoveType 0;
   vim25__ManagedObjectReference* pool 0;
   vim25__ManagedObjectReference* host 0;
   std::vector<vim25__VirtualMachineRelocateSpecDiskLocator*> disk 0;
   std::string* transform 0;
};
class vim25__VirtualMachineCloneSpec : public vim25__DynamicData
{ public:
   vim25__VirtualMachineRelocateSpec* location 1;
   bool template_ 1;
   vim25__VirtualMachineConfigSpec* config 0;
   bool powerOn 1;
   vim25__ManagedObjectReference* snapshot 0;
};

// ---- events: all are Event with their type's name

class vim25__EventFilterSpecByEntity : public vim25__DynamicData
{ public:
   vim25__ManagedObjectReference* entity 1;
   std::string recursion 1;
};
class vim25__EventFilterSpec : public vim25__DynamicData
{ public:
   vim25__EventFilterSpecByEntity* entity 0;
   bool* disableFullMessage 0;
   std::vector<std::string> eventTypeId 0;
};
class vim25__VmEventArgument : public vim25__DynamicData
{ public: vim25__ManagedObjectReference* vm 1; };
class vim25__Event : public vim25__DynamicData
{ public:
   std::string createdTime 1;
   vim25__VmEventArgument* vm 0;
};

// ---- service

class vim25__AboutInfo : public vim25__DynamicData
{ public:
   std::string fullName 1;
   std::string apiType 1;
   std::string apiVersion 1;
   std::string* instanceUuid 0;
};
class vim25__ServiceContent : public vim25__DynamicData
{ public:
   vim25__ManagedObjectReference* rootFolder 1;
   vim25__ManagedObjectReference* propertyCollector 1;
   vim25__ManagedObjectReference* viewManager 0;
   vim25__AboutInfo* about 1;
   vim25__ManagedObjectReference* sessionManager 0;
   vim25__ManagedObjectReference* eventManager 0;
   vim25__ManagedObjectReference* searchIndex 0;
   vim25__ManagedObjectReference* customFieldsManager 0;
};
class vim25__UserSession : public vim25__DynamicData { public: std::string key 1; };

struct vim25__RetrieveServiceContentResponse { vim25__ServiceContent* returnval; };
int vim25__RetrieveServiceContent(vim25__ManagedObjectReference* _USCOREthis,
      struct vim25__RetrieveServiceContentResponse& reply);

struct vim25__CurrentTimeResponse { std::string returnval; };
int vim25__CurrentTime(vim25__ManagedObjectReference* _USCOREthis,
      struct vim25__CurrentTimeResponse& reply);

// The logon's words are pointers: a std::string would be one more copy of the password.
struct vim25__LoginResponse { vim25__UserSession* returnval; };
int vim25__Login(vim25__ManagedObjectReference* _USCOREthis, char* userName, char* password,
      struct vim25__LoginResponse& reply);

struct vim25__LogoutResponse {};
int vim25__Logout(vim25__ManagedObjectReference* _USCOREthis, struct vim25__LogoutResponse& reply);

struct vim25__RetrievePropertiesExResponse { vim25__RetrieveResult* returnval; };
int vim25__RetrievePropertiesEx(vim25__ManagedObjectReference* _USCOREthis,
      std::vector<vim25__PropertyFilterSpec*> specSet, vim25__RetrieveOptions* options,
      struct vim25__RetrievePropertiesExResponse& reply);

struct vim25__ContinueRetrievePropertiesExResponse { vim25__RetrieveResult* returnval; };
int vim25__ContinueRetrievePropertiesEx(vim25__ManagedObjectReference* _USCOREthis,
      std::string token, struct vim25__ContinueRetrievePropertiesExResponse& reply);

struct vim25__CreatePropertyCollectorResponse { vim25__ManagedObjectReference* returnval; };
int vim25__CreatePropertyCollector(vim25__ManagedObjectReference* _USCOREthis,
      struct vim25__CreatePropertyCollectorResponse& reply);

struct vim25__CreateFilterResponse { vim25__ManagedObjectReference* returnval; };
int vim25__CreateFilter(vim25__ManagedObjectReference* _USCOREthis,
      vim25__PropertyFilterSpec* spec, bool partialUpdates,
      struct vim25__CreateFilterResponse& reply);

struct vim25__DestroyPropertyCollectorResponse {};
int vim25__DestroyPropertyCollector(vim25__ManagedObjectReference* _USCOREthis,
      struct vim25__DestroyPropertyCollectorResponse& reply);

struct vim25__WaitForUpdatesExResponse { vim25__UpdateSet* returnval; };
int vim25__WaitForUpdatesEx(vim25__ManagedObjectReference* _USCOREthis, std::string version,
      vim25__WaitOptions* options, struct vim25__WaitForUpdatesExResponse& reply);

struct vim25__CreateContainerViewResponse { vim25__ManagedObjectReference* returnval; };
int vim25__CreateContainerView(vim25__ManagedObjectReference* _USCOREthis,
      vim25__ManagedObjectReference* container, std::vector<std::string> type, bool recursive,
      struct vim25__CreateContainerViewResponse& reply);

struct vim25__DestroyViewResponse {};
int vim25__DestroyView(vim25__ManagedObjectReference* _USCOREthis,
      struct vim25__DestroyViewResponse& reply);

struct vim25__QueryEventsResponse { std::vector<vim25__Event*> returnval; };
int vim25__QueryEvents(vim25__ManagedObjectReference* _USCOREthis,
      vim25__EventFilterSpec* filter, struct vim25__QueryEventsResponse& reply);

struct vim25__LogUserEventResponse {};
int vim25__LogUserEvent(vim25__ManagedObjectReference* _USCOREthis,
      vim25__ManagedObjectReference* entity, std::string msg,
      struct vim25__LogUserEventResponse& reply);

struct vim25__SetFieldResponse {};
int vim25__SetField(vim25__ManagedObjectReference* _USCOREthis,
      vim25__ManagedObjectReference* entity, std::string key, std::string value,
      struct vim25__SetFieldResponse& reply);

struct vim25__AddCustomFieldDefResponse { vim25__CustomFieldDef* returnval; };
int vim25__AddCustomFieldDef(vim25__ManagedObjectReference* _USCOREthis, std::string name,
      std::string* moType, struct vim25__AddCustomFieldDefResponse& reply);

struct vim25__CreateFolderResponse { vim25__ManagedObjectReference* returnval; };
int vim25__CreateFolder(vim25__ManagedObjectReference* _USCOREthis, std::string name,
      struct vim25__CreateFolderResponse& reply);

struct vim25__MoveIntoFolder_USCORETaskResponse { vim25__ManagedObjectReference* returnval; };
int vim25__MoveIntoFolder_USCORETask(vim25__ManagedObjectReference* _USCOREthis,
      std::vector<vim25__ManagedObjectReference*> list,
      struct vim25__MoveIntoFolder_USCORETaskResponse& reply);

struct vim25__FindByIpResponse { vim25__ManagedObjectReference* returnval; };
int vim25__FindByIp(vim25__ManagedObjectReference* _USCOREthis,
      vim25__ManagedObjectReference* datacenter, std::string ip, bool vmSearch,
      struct vim25__FindByIpResponse& reply);

struct vim25__CreateSnapshot_USCORETaskResponse { vim25__ManagedObjectReference* returnval; };
int vim25__CreateSnapshot_USCORETask(vim25__ManagedObjectReference* _USCOREthis, std::string name,
      std::string* description, bool memory, bool quiesce,
      struct vim25__CreateSnapshot_USCORETaskResponse& reply);

struct vim25__RemoveSnapshot_USCORETaskResponse { vim25__ManagedObjectReference* returnval; };
int vim25__RemoveSnapshot_USCORETask(vim25__ManagedObjectReference* _USCOREthis,
      bool removeChildren, bool* consolidate,
      struct vim25__RemoveSnapshot_USCORETaskResponse& reply);

struct vim25__CloneVM_USCORETaskResponse { vim25__ManagedObjectReference* returnval; };
int vim25__CloneVM_USCORETask(vim25__ManagedObjectReference* _USCOREthis,
      vim25__ManagedObjectReference* folder, std::string name,
      vim25__VirtualMachineCloneSpec* spec, struct vim25__CloneVM_USCORETaskResponse& reply);

struct vim25__ReconfigVM_USCORETaskResponse { vim25__ManagedObjectReference* returnval; };
int vim25__ReconfigVM_USCORETask(vim25__ManagedObjectReference* _USCOREthis,
      vim25__VirtualMachineConfigSpec* spec,
      struct vim25__ReconfigVM_USCORETaskResponse& reply);

struct vim25__ConsolidateVMDisks_USCORETaskResponse { vim25__ManagedObjectReference* returnval; };
int vim25__ConsolidateVMDisks_USCORETask(vim25__ManagedObjectReference* _USCOREthis,
      struct vim25__ConsolidateVMDisks_USCORETaskResponse& reply);

struct vim25__Destroy_USCORETaskResponse { vim25__ManagedObjectReference* returnval; };
int vim25__Destroy_USCORETask(vim25__ManagedObjectReference* _USCOREthis,
      struct vim25__Destroy_USCORETaskResponse& reply);

struct vim25__CancelTaskResponse {};
int vim25__CancelTask(vim25__ManagedObjectReference* _USCOREthis,
      struct vim25__CancelTaskResponse& reply);
